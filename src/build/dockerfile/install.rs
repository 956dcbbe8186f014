//! Recognizes commands that fetch dependencies, and the app's files that they need.

use super::shell::SimpleCommand;

/// A command that fetches dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Install {
    /// The package manager.
    pub manager: &'static Manager,
    /// Whether it also builds the app, and so needs all of the app's files.
    pub builds: bool,
}

/// A package manager.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manager {
    /// The name.
    pub name: &'static str,
    /// The app's files that it needs to fetch dependencies.
    pub manifests: &'static [&'static str],
    /// A command that only fetches dependencies, for hints.
    pub fetch: &'static str,
}

macro_rules! managers {
    ($($constant:ident = $name:literal needs $manifests:expr, fetches with $fetch:literal;)*) => {
        $(static $constant: Manager = Manager { name: $name, manifests: &$manifests, fetch: $fetch };)*
    };
}

managers! {
    NPM = "npm" needs ["package.json", "package-lock.json"], fetches with "npm ci";
    YARN = "yarn" needs ["package.json", "yarn.lock"], fetches with "yarn install";
    PNPM = "pnpm" needs ["package.json", "pnpm-lock.yaml"], fetches with "pnpm install";
    BUN = "bun" needs ["package.json", "bun.lock"], fetches with "bun install";
    PIP = "pip" needs ["requirements.txt"], fetches with "pip install -r requirements.txt";
    UV = "uv" needs ["pyproject.toml", "uv.lock"], fetches with "uv sync --no-install-project";
    POETRY = "poetry" needs ["pyproject.toml", "poetry.lock"], fetches with "poetry install --no-root";
    PIPENV = "pipenv" needs ["Pipfile", "Pipfile.lock"], fetches with "pipenv sync";
    PDM = "pdm" needs ["pyproject.toml", "pdm.lock"], fetches with "pdm sync --no-self";
    CONDA = "conda" needs ["environment.yml"], fetches with "conda env update";
    BUNDLE = "bundle" needs ["Gemfile", "Gemfile.lock"], fetches with "bundle install";
    GEM = "gem" needs [], fetches with "gem install";
    GO = "go" needs ["go.mod", "go.sum"], fetches with "go mod download";
    CARGO = "cargo" needs ["Cargo.toml", "Cargo.lock"], fetches with "cargo fetch";
    COMPOSER = "composer" needs ["composer.json", "composer.lock"], fetches with "composer install --no-autoloader --no-scripts";
    MAVEN = "mvn" needs ["pom.xml"], fetches with "mvn dependency:go-offline";
    GRADLE = "gradle" needs ["build.gradle", "settings.gradle"], fetches with "gradle dependencies";
    DOTNET = "dotnet" needs ["*.csproj"], fetches with "dotnet restore";
    MIX = "mix" needs ["mix.exs", "mix.lock"], fetches with "mix deps.get";
    APT = "apt-get" needs [], fetches with "apt-get install";
    APK = "apk" needs [], fetches with "apk add";
    DNF = "dnf" needs [], fetches with "dnf install";
    PACMAN = "pacman" needs [], fetches with "pacman -S";
}

/// Returns the installation that a command runs, if it fetches dependencies.
pub(super) fn install(command: &SimpleCommand) -> Option<Install> {
    // xx-go, xx-cargo, xx-apt-get: the same command for another platform.
    let name = command.name().trim_start_matches("xx-");
    let arguments: Vec<&str> = command.words.iter().skip(1).map(String::as_str).collect();
    if let ("python" | "python3" | "py", ["-m", module, rest @ ..]) = (name, arguments.as_slice()) {
        let rest = rest.iter().map(|word| (*word).to_owned());
        let words = std::iter::once((*module).to_owned()).chain(rest).collect();
        return install(&SimpleCommand { words, ..command.clone() });
    }
    let has = |flags: &[&str]| arguments.iter().any(|argument| flags.contains(argument));
    if has(&["--help", "--version", "-h"]) {
        return None;
    }
    let plain: Vec<&str> = arguments.iter().copied().filter(|argument| !argument.starts_with('-')).collect();
    let verb = plain.first().copied().unwrap_or_default();
    let fetches = |manager: &'static Manager, verbs: &[&str]| verbs.contains(&verb).then_some(Install { manager, builds: false });
    let builds = |manager: &'static Manager, verbs: &[&str]| verbs.contains(&verb).then_some(Install { manager, builds: true });
    match name {
        "npm" => fetches(&NPM, &["ci", "install", "i", "clean-install", "add"]),
        "yarn" | "yarnpkg" if plain.is_empty() => Some(Install { manager: &YARN, builds: false }),
        "yarn" | "yarnpkg" => fetches(&YARN, &["install", "add"]),
        "pnpm" => fetches(&PNPM, &["install", "i", "add", "fetch", "ci"]),
        "bun" => fetches(&BUN, &["install", "i", "add"]),
        "uv" if verb == "pip" => (plain.get(1) == Some(&"install")).then_some(Install { manager: &PIP, builds: is_own(&plain[2..]) }),
        "uv" => fetches(&UV, &["sync"]),
        "poetry" => fetches(&POETRY, &["install", "sync"]),
        "pipenv" => fetches(&PIPENV, &["install", "sync"]),
        "pdm" => fetches(&PDM, &["install", "sync"]),
        "conda" | "mamba" | "micromamba" if verb == "env" => Some(Install { manager: &CONDA, builds: false }),
        "conda" | "mamba" | "micromamba" => fetches(&CONDA, &["install"]),
        "bundle" if plain.is_empty() => Some(Install { manager: &BUNDLE, builds: false }),
        "bundle" => fetches(&BUNDLE, &["install", "update"]),
        "gem" => fetches(&GEM, &["install"]).filter(|_| !is_local(&plain)),
        "go" if has(&["-mod=vendor"]) => None,
        "go" if verb == "mod" => {
            matches!(plain.get(1), Some(&("download" | "tidy" | "vendor"))).then_some(Install { manager: &GO, builds: false })
        }
        "go" => builds(&GO, &["build", "install", "test"]),
        "cargo" if has(&["--offline", "--frozen"]) => None,
        "cargo" if verb == "chef" => (plain.get(1) == Some(&"cook")).then_some(Install { manager: &CARGO, builds: false }),
        "cargo" if verb == "install" && !has(&["--path"]) => None,
        "cargo" => fetches(&CARGO, &["fetch", "vendor"]).or_else(|| builds(&CARGO, &["build", "install", "test", "b"])),
        "composer" | "composer.phar" => fetches(&COMPOSER, &["install", "update", "require"]),
        "mvn" | "mvnw" if has(&["-o", "--offline"]) => None,
        "mvn" | "mvnw" if plain.iter().any(|goal| goal.starts_with("dependency:")) => Some(Install { manager: &MAVEN, builds: false }),
        "mvn" | "mvnw" => {
            let goals = ["compile", "test", "package", "verify", "install", "deploy"];
            plain.iter().any(|goal| goals.contains(goal)).then_some(Install { manager: &MAVEN, builds: true })
        }
        "gradle" | "gradlew" if has(&["--offline"]) => None,
        "gradle" | "gradlew" if matches!(verb, "dependencies" | "resolveDependencies") => Some(Install { manager: &GRADLE, builds: false }),
        "gradle" | "gradlew" => (!plain.is_empty() && verb != "wrapper").then_some(Install { manager: &GRADLE, builds: true }),
        "dotnet" if has(&["--no-restore"]) => None,
        "dotnet" => fetches(&DOTNET, &["restore"]).or_else(|| builds(&DOTNET, &["build", "publish"])),
        "mix" => fetches(&MIX, &["deps.get"]),
        "apt-get" | "apt" => fetches(&APT, &["install"]).filter(|_| !is_local(&plain)),
        "apk" => fetches(&APK, &["add"]).filter(|_| !is_local(&plain)),
        "dnf" | "yum" | "microdnf" | "zypper" => fetches(&DNF, &["install"]).filter(|_| !is_local(&plain)),
        "pacman" => arguments.iter().any(|flag| flag.starts_with("-S")).then_some(Install { manager: &PACMAN, builds: false }),
        // pip3, pip3.12, pip-3
        _ if name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-')) == "pip" => {
            let is_pip = verb == "install" && !has(&["--no-deps", "--no-index"]);
            (is_pip && !is_local(&plain[1..])).then(|| Install { manager: &PIP, builds: is_own(&plain[1..]) })
        }
        _ => None,
    }
}

/// Returns whether a package is a file, such as `./tool.deb`, and so must be copied first.
fn is_local(plain: &[&str]) -> bool {
    let is_file = |word: &&str| {
        let ending = word.rsplit('.').next().unwrap_or_default();
        matches!(ending, "deb" | "rpm" | "apk" | "whl" | "gem" | "gz")
    };
    plain.iter().any(is_file)
}

/// Returns whether the app itself is installed: `pip install .`.
fn is_own(plain: &[&str]) -> bool {
    plain.iter().any(|word| *word == "." || word.starts_with(".[") || word.starts_with("./") || *word == "/app")
}

#[cfg(test)]
mod tests {
    use super::super::shell::commands;
    use super::*;

    fn found(line: &str) -> Option<(&'static str, bool)> {
        commands(line).iter().find_map(install).map(|install| (install.manager.name, install.builds))
    }

    #[test]
    fn commands_that_fetch_dependencies_are_recognized() {
        for (line, manager, builds) in [
            ("npm ci --omit=dev", "npm", false),
            ("cd web && npm i", "npm", false),
            ("yarn --frozen-lockfile", "yarn", false),
            ("corepack pnpm install", "pnpm", false),
            ("/venv/bin/pip3.12 install -r requirements.txt", "pip", false),
            ("python -m pip install -r requirements.txt", "pip", false),
            ("pip install .", "pip", true),
            ("uv pip install -r r.txt", "pip", false),
            ("bundle config set without dev && bundle install", "bundle", false),
            ("go mod download", "go", false),
            ("xx-go build ./...", "go", true),
            ("CGO_ENABLED=0 go build -o /app ./...", "go", true),
            ("cargo build --release", "cargo", true),
            ("cargo chef cook --recipe-path r.json", "cargo", false),
            ("./mvnw -B package -DskipTests", "mvn", true),
            ("./gradlew bootJar", "gradle", true),
            ("apt-get update && apt-get install -y curl", "apt-get", false),
            ("apk add --no-cache git", "apk", false),
        ] {
            assert_eq!(found(line), Some((manager, builds)), "{line}");
        }
    }

    #[test]
    fn other_commands_are_ignored() {
        for line in [
            "npm run build",
            "yarn build",
            "pip --version",
            "pip install ./dist/app.whl",
            "go build -mod=vendor ./...",
            "cargo install cargo-chef",
            "cargo build --offline",
            "mvn -o package",
            "apt-get install -y ./tool.deb",
            "apt-get clean",
            "bundle exec rake",
            "go vet ./...",
            "dotnet publish --no-restore",
            "echo npm ci",
            "bundle config set path x",
            "gradle wrapper",
        ] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
