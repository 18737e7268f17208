//! Samples, and how they are compared: always with a baseline of the same run, in the order baseline, ours, ours, baseline.

use std::fmt;
use std::fs;

/// Two baseline samples of one round that differ by more than this mean that the machine changed under it.
const DRIFT_MAX: f64 = 0.10;

/// What was measured of one thing during one span.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Operations a second.
    pub rate: f64,
    /// Processor time of the measured process for one operation, in microseconds.
    pub cpu_us: f64,
}

/// Samples of one thing beside those of its baseline.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    pub ours: Sample,
    pub baseline: Sample,
    /// Medians of the rounds' ratios, ours to the baseline.
    pub rate_ratio: f64,
    pub cpu_ratio: f64,
}

/// Takes the rounds. None when the baseline held still in none of them.
pub async fn compare(
    rounds: usize, mut baseline: impl AsyncFnMut() -> Sample, mut ours: impl AsyncFnMut() -> Sample,
) -> Option<Compared> {
    let (mut all_ours, mut all_baselines, mut rates, mut cpus) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (a, b, c, d) = (baseline().await, ours().await, ours().await, baseline().await);
        if (a.rate - d.rate).abs() / a.rate.max(d.rate) > DRIFT_MAX {
            eprintln!("  a round is rejected: its baselines were {:.0} and {:.0} a second", a.rate, d.rate);
            continue;
        }
        rates.push((b.rate + c.rate) / (a.rate + d.rate));
        cpus.push((b.cpu_us + c.cpu_us) / (a.cpu_us + d.cpu_us));
        all_ours.extend([b, c]);
        all_baselines.extend([a, d]);
    }
    (!rates.is_empty()).then(|| Compared {
        ours: middle(&all_ours),
        baseline: middle(&all_baselines),
        rate_ratio: median(rates),
        cpu_ratio: median(cpus),
    })
}

fn middle(samples: &[Sample]) -> Sample {
    let rate = median(samples.iter().map(|sample| sample.rate).collect());
    Sample { rate, cpu_us: median(samples.iter().map(|sample| sample.cpu_us).collect()) }
}

/// The middle one; of an even number the upper.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value that `share` of the figures are below or at.
pub fn percentile(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let index = (figures.len() as f64 * share).ceil() as usize;
    figures.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Processor time that all threads of a process have used, in seconds (`/proc/…/task/…/schedstat`, nanoseconds). A thread that
/// ended no longer counts, so threads must not end while something is measured.
pub fn processor_seconds(process: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a living process");
    let nanoseconds = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    nanoseconds.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e9
}

/// The process's proportional share of memory, in KiB.
pub fn pss_kib(process: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).expect("a living process");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// What a row must reach.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(figure) => write!(f, "≥ {figure}"),
            Self::AtMost(figure) => write!(f, "≤ {figure}"),
        }
    }
}

impl Goal {
    pub fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(figure) => ratio >= figure,
            Self::AtMost(figure) => ratio <= figure,
        }
    }
}
