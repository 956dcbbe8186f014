//! What `render`, `patch` and `build` write does not depend on the secrets in rack.yaml and in a Dockerfile.

use super::{SHAPES, stable};
use crate::program::Bench;

/// A template without a build cache, to which `patch` adds one, and one that it refuses.
const HOST: &str = include_str!("../../../fixtures/patch-small-rack/rack.json");

const COMMANDS: [&str; 14] = [
    "render",
    "render --check rendered.json",
    "render --format yaml",
    "patch host.json",
    "patch host.json --check",
    "patch refused.json",
    "build check app",
    "build check app --format json",
    "build check app --format sarif",
    "build command app --no-detect --engine buildx",
    "build command app --no-detect --engine kaniko --format json",
    "build recipe github-actions",
    "build recipe gitlab-ci",
    "build image-key --directory app",
];

/// Runs the commands with one secret in each place where one may be.
fn everything(shape: &str, secret: &str) -> Vec<(String, String)> {
    let bench = Bench::new();
    let quoted = serde_json::to_string(secret).unwrap();
    let word: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    let parameters = format!("  Password: {quoted}\n");
    bench.file("rack.yaml", format!("name: rack\nregion: us-east-1\nbackend: local\nparameters:\n{parameters}build:\n  service: web\n"));
    bench.file("host.json", HOST).file("refused.json", HOST.replace("AWS::EC2::Subnet", "AWS::EC2::Volume"));
    bench.file("rendered.json", "{}\n");
    let arguments = format!("ARG NPM_TOKEN={word}\nENV DB_PASSWORD={word}\n");
    bench.file("app/Dockerfile", format!("FROM alpine\n{arguments}RUN echo $NPM_TOKEN && cd /app\nCOPY . .\nRUN npm install\n"));
    let mut written = Vec::new();
    for command in COMMANDS {
        let run = bench.run(command);
        assert!(run.code != 70, "{shape}: {command}: {run}");
        written.push((command.to_owned(), stable(&bench, &run.to_string())));
    }
    written
}

#[test]
fn documents_and_their_messages_do_not_depend_on_a_secret() {
    for (shape, [one, other]) in &SHAPES {
        let outputs = [one.text, other.text].map(|secret| everything(shape, secret));
        for ((command, first), (_, second)) in outputs[0].iter().zip(&outputs[1]) {
            // A key of an image is a digest of the whole Dockerfile, which is in the image's history anyway.
            if command.contains("image-key") {
                continue;
            }
            let lines = first.lines().zip(second.lines()).find(|(one, other)| one != other);
            assert!(first == second, "{shape}: `{command}` depends on the secret: {lines:#?}\n{first}");
        }
    }
}
