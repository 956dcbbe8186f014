//! The time of `rackform render --specialise --for-each`, whole process, by the number of racks.
//!
//! `cargo bench --no-default-features --features build --bench racks [-- TEMPLATE]`: renders, specialises and evaluates racks with
//! different parameters, and writes a file for each. Without an argument, the template is the rack's own.

#![expect(clippy::print_stdout, reason = "prints a table")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: usize = 7;
const SIZES: [usize; 4] = [1, 100, 1_000, 4_000];

/// Parameters that differ between racks, with values for each.
const CHOICES: [(&str, &[&str]); 7] = [
    ("BuildMethod", &["ec2", "fargate"]),
    ("BuildCache", &["No", "Yes"]),
    ("HighAvailability", &["true", "false"]),
    ("LogRetention", &["7", "30", "90"]),
    ("EnableSharedEFSVolumeEncryption", &["false", "true"]),
    ("VPCCIDR", &["10.0.0.0/16", "10.64.0.0/16", "172.16.0.0/16"]),
    ("BuildMemory", &["1024", "2048", "4096", "8192", "16384"]),
];
const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-1"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, command @ ..] = arguments.as_slice()
        && flag == "--peak"
    {
        return print_peak(command);
    }
    let work = tempfile::tempdir()?;
    println!("median of {ROUNDS} rounds on {} processors", std::thread::available_parallelism()?);
    println!("{:>6} {:>9} {:>9} {:>9} {:>14}", "racks", "wall ms", "CPU ms", "peak MiB", "bytes written");
    for size in SIZES {
        let list = work.path().join(format!("{size}.jsonl")).display().to_string();
        std::fs::write(&list, racks(size))?;
        let output = work.path().join(size.to_string()).display().to_string();
        let mut command = vec![env!("CARGO_BIN_EXE_rackform"), "render", "--specialise", "--minify", "--for-each", &list, "-o", &output];
        if let [template] = arguments.as_slice() {
            command.extend(["--template", template, "-p", "Password=benchmark"]);
        }
        let mut measured = Vec::new();
        for _ in 0..ROUNDS {
            let (before, start) = (children()?, Instant::now());
            let status = Command::new(command[0]).args(&command[1..]).current_dir(work.path()).stderr(Stdio::null()).status()?;
            measured.push((start.elapsed(), children()? - before));
            if !status.success() {
                return Err("rendering the racks failed".into());
            }
        }
        let mut median = |part: fn(&(Duration, Duration)) -> Duration| {
            measured.sort_by_key(part);
            part(&measured[ROUNDS / 2]).as_secs_f64() * 1e3
        };
        let (wall, cpu) = (median(|one| one.0), median(|one| one.1));
        let peak = Command::new(std::env::current_exe()?).arg("--peak").args(&command).current_dir(work.path()).output()?;
        let peak = String::from_utf8(peak.stdout)?.trim().parse::<f64>()? / 1024.0;
        println!("{size:>6} {wall:>9.0} {cpu:>9.0} {peak:>9.1} {:>14}", bytes_in(Path::new(&output))?);
    }
    Ok(())
}

/// Returns a list of racks. Each has its own combination of parameters, until all are used.
fn racks(count: usize) -> String {
    let mut list = String::new();
    for index in 0..count {
        let mut rest = index;
        let mut parameters = String::new();
        for (name, values) in CHOICES {
            let _ = write!(parameters, "\"{name}\": \"{}\", ", values[rest % values.len()]);
            rest /= values.len();
        }
        let region = REGIONS[rest % REGIONS.len()];
        let _ = writeln!(list, "{{\"name\": \"rack-{index}\", \"parameters\": {{{parameters}\"AWS::Region\": \"{region}\"}}}}");
    }
    list
}

fn bytes_in(directory: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(directory)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

fn print_peak(command: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(())
}

fn children() -> Result<Duration, Box<dyn std::error::Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let spent = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(u64::try_from(spent.tv_sec())? * 1_000_000 + u64::try_from(spent.tv_usec())?))
}
