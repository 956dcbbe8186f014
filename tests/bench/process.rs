//! Whole-process CPU time of the commands that must be quick, as ratios to the baseline program in the same run.
//!
//! `cargo bench --no-default-features --bench process [-- TEMPLATE]`: each round runs the baseline and then every command, so that a
//! machine that slows down slows all of them; the median of the rounds' ratios is what to quote. The template is the
//! real rack template when it is there (`RACKFORM_SHARED_DATA`, or `../shared/data`), else one rendered and repeated to its size.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod baseline;

use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: usize = 31;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, path] = arguments.as_slice()
        && flag == "--baseline"
    {
        return baseline::run(path);
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

    let mut cpu = vec![Vec::with_capacity(ROUNDS); commands.len()];
    let mut status = vec![String::new(); commands.len()];
    for round in 0..=ROUNDS {
        for (index, (_, command)) in commands.iter().enumerate() {
            let (spent, code) = run(command, work.path())?;
            if round > 0 {
                cpu[index].push(spent);
            }
            status[index] = code;
        }
    }

    let bytes = std::fs::metadata(&template)?.len();
    println!("{ROUNDS} rounds on {bytes} bytes; CPU time is user and system together, ratios are to the baseline of the same round");
    println!("{:<20} {:>10} {:>8} {:>8} {:>8}  exit", "command", "median ms", "min x", "median x", "max x");
    for (index, (name, _)) in commands.iter().enumerate() {
        let mut ratios: Vec<f64> =
            cpu[index].iter().zip(&cpu[0]).map(|(own, base): (&Duration, &Duration)| own.as_secs_f64() / base.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let mut times = cpu[index].clone();
        times.sort();
        println!(
            "{name:<20} {:>10.2} {:>8.2} {:>8.2} {:>8.2}  {}",
            times[ROUNDS / 2].as_secs_f64() * 1e3,
            ratios[0],
            ratios[ROUNDS / 2],
            ratios[ROUNDS - 1],
            status[index],
        );
    }
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    println!("largest peak memory of any of them: {:.1} MiB", peak as f64 / 1024.0);
    Ok(())
}

/// The two parameters of the real template without a default.
const PASSWORD: &str = "Password=benchmark";
const VERSION: &str = "Version=20260421000000";

fn run(command: &[&str], directory: &std::path::Path) -> Result<(Duration, String), Box<dyn std::error::Error>> {
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

fn default_template(work: &std::path::Path) -> Result<String, Box<dyn std::error::Error>> {
    let shared = std::env::var("RACKFORM_SHARED_DATA").unwrap_or_else(|_| format!("{}/../shared/data", env!("CARGO_MANIFEST_DIR")));
    let real = std::path::Path::new(&shared).join("convox-rack-20260421.json");
    if real.is_file() {
        return Ok(std::fs::canonicalize(real)?.display().to_string());
    }
    println!("the real rack template is not here; measuring on our own rendered rack instead");
    let rendered = work.join("rack.json");
    let status = Command::new(env!("CARGO_BIN_EXE_rackform")).args(["render", "-o"]).arg(&rendered).current_dir(work).status()?;
    if !status.success() {
        return Err("rendering the template to measure on failed".into());
    }
    Ok(rendered.display().to_string())
}
