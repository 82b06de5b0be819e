//! From many measurements to the few numbers that are worth reading.

use std::fmt;
use std::time::{Duration, Instant};

/// The value that `part` (0 to 1) of all lie below; sorts them.
pub fn percentile(values: &mut [Duration], part: f64) -> Duration {
    values.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into what fits in memory"
    )]
    let index = (values.len() as f64 * part) as usize;
    let last = values.len().saturating_sub(1);
    values.get(index.min(last)).copied().unwrap_or_default()
}

pub fn median(values: &mut [Duration]) -> Duration {
    percentile(values, 0.5)
}

/// How long `work` takes, and what it gives.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let result = work();
    (begin.elapsed(), result)
}

/// Milliseconds with two places.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// How many times `base` goes into `value`.
pub fn ratio(value: Duration, base: Duration) -> f64 {
    value.as_secs_f64() / base.as_secs_f64().max(f64::EPSILON)
}

/// The median of value / base, pair by pair: what slowed both down cancels out.
pub fn median_ratio(values: &[Duration], bases: &[Duration]) -> f64 {
    let pairs = values.iter().zip(bases);
    median_of(pairs.map(|(value, base)| ratio(*value, *base)).collect())
}

pub fn median_of(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// One figure: what, how much, and what was asked for.
pub fn figure(what: &str, value: &str, target: &str) {
    println!("{what:<58} {value:>14}   {target}");
}

/// A field of `/proc/<pid>/status` in KiB, such as `VmRSS`.
pub fn memory_kib(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|value| value.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_else(|| panic!("no {field} of process {pid}"))
}

/// The time that processors have spent on the threads of a process that live.
pub fn processor_time(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
    let nanoseconds = |thread: std::io::Result<std::fs::DirEntry>| {
        let file = thread.ok()?.path().join("schedstat");
        let text = std::fs::read_to_string(file).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(threads.filter_map(nanoseconds).sum())
}

/// What a virtual machine waited for its processors: against that a figure of the
/// same time is to be read.
#[derive(Default)]
pub struct Steal {
    stolen: u64,
    all: u64,
}

impl Steal {
    /// From the machine's start until now, by `/proc/stat`.
    pub fn until_now() -> Self {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        let spent = first.split_whitespace().skip(1).take(8);
        let spent: Vec<u64> = spent.filter_map(|ticks| ticks.parse().ok()).collect();
        Self {
            stolen: spent.get(7).copied().unwrap_or_default(),
            all: spent.iter().sum(),
        }
    }

    /// Adds what came since `begin`.
    pub fn add_since(&mut self, begin: &Self) {
        let now = Self::until_now();
        self.stolen += now.stolen.saturating_sub(begin.stolen);
        self.all += now.all.saturating_sub(begin.all);
    }
}

/// Its part of all processor time.
impl fmt::Display for Steal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", 100 * self.stolen / self.all.max(1))
    }
}

/// KiB as MB with one place.
pub fn megabytes(kib: u64) -> String {
    format!("{}.{} MB", kib / 1024, kib % 1024 * 10 / 1024)
}
