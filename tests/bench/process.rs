//! The CPU time of whole processes of the commands that must be fast, as ratios to a baseline program in the same run.
//!
//! `cargo bench --no-default-features --features build --bench process [-- TEMPLATE]`: each round runs the baseline and then every
//! command, so that a slow phase of the machine affects all of them. Quote the median of the rounds' ratios. The template is the real rack
//! template if it exists (in `RACKFORM_SHARED_DATA`, or `../shared/data`), otherwise the rendered one.

#![expect(clippy::print_stdout, reason = "prints a table")]

mod baseline;
mod growing;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: usize = 31;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [flag, path] if flag == "--baseline" => return baseline::run(path),
        [flag, command @ ..] if flag == "--peak" => return print_peak(command),
        _ => {}
    }
    let work = tempfile::tempdir()?;
    let template = match arguments.first() {
        Some(path) => path.clone(),
        None => default_template(work.path())?,
    };
    let copy = work.path().join("copy.json").display().to_string();
    std::fs::copy(&template, &copy)?;

    let program = env!("CARGO_BIN_EXE_rackform");
    let this = std::env::current_exe()?.display().to_string();
    let commands: Vec<(&str, Vec<&str>)> = vec![
        ("baseline", vec![&this, "--baseline", &template]),
        ("start (--version)", vec![program, "--version"]),
        ("evaluate", vec![program, "evaluate", &template, "--format", "json", "-p", PASSWORD, "-p", VERSION]),
        ("diff", vec![program, "diff", &template, &copy, "-p", PASSWORD, "-p", VERSION]),
        ("validate", vec![program, "validate", &template]),
        ("patch", vec![program, "patch", &template]),
        ("render", vec![program, "render"]),
    ];
    let measured = measure(&commands, work.path())?;
    let bytes = std::fs::metadata(&template)?.len();
    println!("{ROUNDS} rounds on {bytes} bytes; CPU time is user plus system; ratios are to the baseline of the same round");
    println!("{:<20} {:>10} {:>8} {:>8} {:>8} {:>9}  exit", "command", "median ms", "min x", "median x", "max x", "peak MiB");
    for ((name, command), Measured { cpu, exit }) in commands.iter().zip(&measured) {
        let mut ratios: Vec<f64> = cpu.iter().zip(&measured[0].cpu).map(|(own, base)| own.as_secs_f64() / base.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let peak = peak_mib(&this, command, work.path())?;
        println!(
            "{name:<20} {:>10.2} {:>8.2} {:>8.2} {:>8.2} {peak:>9.1}  {exit}",
            median_ms(cpu),
            ratios[0],
            ratios[ROUNDS / 2],
            ratios[ROUNDS - 1],
        );
    }
    growth(work.path(), &this)
}

/// Prints time and memory of whole processes by the number of resources; the last diff replaces every resource.
fn growth(work: &Path, this: &str) -> Result<(), Box<dyn std::error::Error>> {
    let program = env!("CARGO_BIN_EXE_rackform");
    let same = work.join("same.json").display().to_string();
    println!("\nmedian ms of {ROUNDS} rounds, and peak MiB, on generated templates");
    println!(
        "{:>9} {:>8} {:>9} {:>15} {:>15} {:>15} {:>15}",
        "resources", "bytes", "baseline", "evaluate", "validate", "diff, same", "diff, all new"
    );
    for size in growing::SIZES {
        let path = work.join(format!("{size}.json")).display().to_string();
        std::fs::write(&path, growing::template(size))?;
        std::fs::copy(&path, &same)?;
        let commands: Vec<(&str, Vec<&str>)> = vec![
            ("baseline", vec![this, "--baseline", &path]),
            ("evaluate", vec![program, "evaluate", &path, "--format", "json"]),
            ("validate", vec![program, "validate", &path]),
            ("diff, same", vec![program, "diff", &path, &same]),
            ("diff, all new", vec![program, "diff", &path, &same, "-p", "Stage=live", "--before-parameter", "Stage=test"]),
        ];
        let measured = measure(&commands, work)?;
        print!("{size:>9} {:>8} {:>9.2}", std::fs::metadata(&path)?.len(), median_ms(&measured[0].cpu));
        for ((_, command), Measured { cpu, .. }) in commands.iter().zip(&measured).skip(1) {
            print!(" {:>8.2} {:>6.1}", median_ms(cpu), peak_mib(this, command, work)?);
        }
        println!();
    }
    Ok(())
}

/// The CPU times of one command's rounds, and its exit code.
#[derive(Default)]
struct Measured {
    cpu: Vec<Duration>,
    exit: String,
}

fn measure(commands: &[(&str, Vec<&str>)], directory: &Path) -> Result<Vec<Measured>, Box<dyn std::error::Error>> {
    let mut all: Vec<Measured> = commands.iter().map(|_| Measured::default()).collect();
    for round in 0..=ROUNDS {
        for ((_, command), measured) in commands.iter().zip(&mut all) {
            let (spent, exit) = run(command, directory)?;
            if round > 0 {
                measured.cpu.push(spent);
            }
            measured.exit = exit;
        }
    }
    Ok(all)
}

fn median_ms(cpu: &[Duration]) -> f64 {
    let mut sorted = cpu.to_vec();
    sorted.sort();
    sorted[ROUNDS / 2].as_secs_f64() * 1e3
}

/// Returns a command's peak memory. The system reports the maximum over all children, so each command runs in its own parent process.
fn peak_mib(this: &str, command: &[&str], directory: &Path) -> Result<f64, Box<dyn std::error::Error>> {
    let output = Command::new(this).arg("--peak").args(command).current_dir(directory).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse::<f64>()? / 1024.0)
}

fn print_peak(command: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(())
}

/// The parameters of the real template that have no default.
const PASSWORD: &str = "Password=benchmark";
const VERSION: &str = "Version=20260421000000";

fn run(command: &[&str], directory: &Path) -> Result<(Duration, String), Box<dyn std::error::Error>> {
    let before = children()?;
    let status =
        Command::new(command[0]).args(&command[1..]).current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok((children()? - before, status.code().map_or_else(|| "signal".to_owned(), |code| code.to_string())))
}

fn children() -> Result<Duration, Box<dyn std::error::Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let spent = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(u64::try_from(spent.tv_sec())? * 1_000_000 + u64::try_from(spent.tv_usec())?))
}

fn default_template(work: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let shared = std::env::var("RACKFORM_SHARED_DATA").unwrap_or_else(|_| format!("{}/../shared/data", env!("CARGO_MANIFEST_DIR")));
    let real = Path::new(&shared).join("convox-rack-20260421.json");
    if real.is_file() {
        return Ok(std::fs::canonicalize(real)?.display().to_string());
    }
    println!("the real rack template does not exist; measuring with a rendered rack instead");
    let rendered = work.join("rack.json");
    let status = Command::new(env!("CARGO_BIN_EXE_rackform")).args(["render", "-o"]).arg(&rendered).current_dir(work).status()?;
    if !status.success() {
        return Err("rendering the template failed".into());
    }
    Ok(rendered.display().to_string())
}
