//! Asks all chosen repositories of one destination.

use std::time::{Duration, Instant};

use futures_util::future;
use futures_util::stream::{self, StreamExt as _};

use super::{Prober, Targets, answer, millis};
use crate::model::{Probe, ProbeSet, ProbeTarget, Remark, RepoCause, SkipReason};

/// The longest that a check of one destination takes, whatever the settings
/// are: all other alerts wait meanwhile.
pub const LONGEST_CHECK: Duration = Duration::from_mins(15);

/// How long and how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `repo_check.timeout`: for one repository.
    pub timeout: Duration,
    /// `repo_check.concurrency`; 0 counts as 1.
    pub concurrency: usize,
    /// For all repositories together; more than [`LONGEST_CHECK`] counts as
    /// that.
    pub whole: Duration,
}

impl Limits {
    /// The longest that [`check`] takes.
    fn bound(&self) -> Duration {
        self.whole.min(LONGEST_CHECK)
    }

    /// What a prober may take beyond its limit before it is dropped: the time
    /// to reap what it had to kill.
    fn margin(&self) -> Duration {
        (self.timeout.min(self.bound()) / 4).min(Duration::from_secs(5))
    }
}

/// Asks. The first repository is asked alone: if its answer is `unreachable` or
/// `timeout`, the destination is dead and the others are left out; if the
/// method does not work at all, the set says why. The others are asked side by
/// side, and none hides another. The answers are in the order of `targets`.
///
/// Takes at most [`LONGEST_CHECK`], less where [`Limits::whole`] is: what has
/// not answered by then is left out. Dropping the future ends all children.
pub async fn check(prober: &dyn Prober, targets: Targets, limits: Limits) -> ProbeSet {
    let mut set = ProbeSet {
        method: prober.method(),
        probes: Vec::new(),
        skipped: None,
        left_out: targets.left_out,
    };
    let Some((first, rest)) = targets.targets.split_first() else {
        return set;
    };
    let round = Round::begin(prober, limits);
    match round.ask(first, round.left()).await {
        Ok(probe) => set.probes.push(probe),
        Err(reason) => {
            set.skipped = Some(reason);
            set.left_out += targets.targets.len();
            return set;
        }
    }
    if set.probes.iter().any(|probe| is_dead(probe.cause)) {
        set.left_out += rest.len();
        return set;
    }
    let answers = round.side_by_side(rest).await;
    set.left_out += rest.len() - answers.len();
    set.probes.extend(answers);
    set
}

fn is_dead(cause: RepoCause) -> bool {
    matches!(cause, RepoCause::Unreachable | RepoCause::Timeout)
}

/// The questions of one check, and until when there is time for them.
#[derive(Clone, Copy)]
struct Round<'a> {
    prober: &'a dyn Prober,
    limits: Limits,
    begun: Instant,
}

impl<'a> Round<'a> {
    fn begin(prober: &'a dyn Prober, limits: Limits) -> Self {
        Self {
            prober,
            limits,
            begun: Instant::now(),
        }
    }

    /// What is left for questions.
    fn left(&self) -> Duration {
        self.limits
            .bound()
            .saturating_sub(self.limits.margin())
            .saturating_sub(self.begun.elapsed())
    }

    async fn side_by_side(&self, rest: &[ProbeTarget]) -> Vec<Probe> {
        // Owned, because a closure over references makes a future that no task
        // of the runtime may run.
        let round = *self;
        let mut numbered: Vec<(usize, Probe)> = stream::iter(rest.iter().cloned().enumerate())
            .map(|(number, target)| async move {
                let probe = round.ask_in_time(&target).await?;
                Some((number, probe))
            })
            .buffer_unordered(self.limits.concurrency.max(1))
            .filter_map(future::ready)
            .collect()
            .await;
        numbered.sort_unstable_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, probe)| probe).collect()
    }

    /// None when there was not the time that is due to a repository: that it
    /// did not answer says nothing about it.
    async fn ask_in_time(&self, target: &ProbeTarget) -> Option<Probe> {
        let left = self.left();
        if left.is_zero() {
            return None;
        }
        let probe = self
            .ask(target, left)
            .await
            .unwrap_or_else(|reason| not_probed(target, reason));
        let cut_short = left < self.limits.timeout && probe.cause == RepoCause::Timeout;
        (!cut_short).then_some(probe)
    }

    /// The limit is the prober's own duty; the one here holds even for a prober
    /// that neglects it.
    async fn ask(&self, target: &ProbeTarget, left: Duration) -> Result<Probe, SkipReason> {
        let begun = Instant::now();
        let limit = self.limits.timeout.min(left);
        let asked = self.prober.probe(target, limit);
        match tokio::time::timeout(limit + self.limits.margin(), asked).await {
            Ok(answered) => answered,
            Err(_) => Ok(Probe {
                took_ms: millis(begun.elapsed()),
                ..answer(target, RepoCause::Timeout)
            }),
        }
    }
}

fn not_probed(target: &ProbeTarget, reason: SkipReason) -> Probe {
    let message = match reason {
        SkipReason::Unavailable(obstacle) => Some(Remark::NoWay(obstacle)),
        SkipReason::NotGranted => Some(Remark::NotGranted),
        SkipReason::Busy => Some(Remark::Busy),
        // The cause itself says that nobody asked.
        SkipReason::AllOk | SkipReason::Off | SkipReason::NoDestination => None,
    };
    Probe {
        message,
        ..answer(target, RepoCause::NotProbed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::model::{Obstacle, ProbeMethod};

    /// Answers as told, after as many turns of the executor as told; `None`
    /// never answers.
    #[derive(Default)]
    struct Scripted {
        by_module: BTreeMap<String, (u32, Option<Result<RepoCause, SkipReason>>)>,
        at_once: Mutex<(usize, usize)>,
    }

    impl Scripted {
        fn with(
            mut self,
            module: &str,
            turns: u32,
            what: Option<Result<RepoCause, SkipReason>>,
        ) -> Self {
            self.by_module.insert(module.into(), (turns, what));
            self
        }
    }

    #[async_trait]
    impl Prober for Scripted {
        fn method(&self) -> ProbeMethod {
            ProbeMethod::Restic
        }

        async fn probe(&self, target: &ProbeTarget, _: Duration) -> Result<Probe, SkipReason> {
            {
                let mut at_once = self.at_once.lock().unwrap();
                at_once.0 += 1;
                at_once.1 = at_once.1.max(at_once.0);
            }
            let (turns, what) = self
                .by_module
                .get(target.module.as_str())
                .cloned()
                .unwrap_or((1, Some(Ok(RepoCause::Reachable))));
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let result = match what {
                None => std::future::pending().await,
                Some(result) => result.map(|cause| answer(target, cause)),
            };
            self.at_once.lock().unwrap().0 -= 1;
            result
        }
    }

    fn ask_of(count: usize) -> Targets {
        Targets {
            targets: (0..count)
                .map(|n| ProbeTarget {
                    module: format!("m{n}").as_str().into(),
                    destination: "d".into(),
                    path: format!("m/{n}"),
                    failed: true,
                })
                .collect(),
            left_out: 2,
        }
    }

    const LIMITS: Limits = Limits {
        timeout: Duration::from_millis(80),
        concurrency: 3,
        whole: LONGEST_CHECK,
    };

    fn run(prober: &Scripted, count: usize) -> ProbeSet {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(check(prober, ask_of(count), LIMITS))
    }

    fn causes(set: &ProbeSet) -> Vec<(&str, RepoCause)> {
        set.probes
            .iter()
            .map(|p| (p.module.as_str(), p.cause))
            .collect()
    }

    #[test]
    fn a_dead_destination_is_asked_only_once() {
        for cause in [RepoCause::Unreachable, RepoCause::Timeout] {
            let prober = Scripted::default().with("m0", 0, Some(Ok(cause)));
            let set = run(&prober, 5);
            assert_eq!(causes(&set), [("m0", cause)]);
            assert_eq!((set.left_out, set.skipped), (2 + 4, None));
        }
    }

    #[test]
    fn a_first_question_without_an_end_counts_as_a_dead_destination() {
        let set = run(&Scripted::default().with("m0", 0, None), 4);
        assert_eq!(causes(&set), [("m0", RepoCause::Timeout)]);
        assert_eq!(set.left_out, 2 + 3);
        assert!(set.probes[0].took_ms >= 80);
    }

    #[test]
    fn a_method_that_does_not_work_says_why() {
        let prober = Scripted::default().with("m0", 0, Some(Err(SkipReason::NotGranted)));
        let set = run(&prober, 3);
        assert_eq!(set.skipped, Some(SkipReason::NotGranted));
        assert_eq!((set.probes.len(), set.left_out), (0, 2 + 3));
    }

    #[test]
    fn the_rest_is_asked_side_by_side_and_answered_in_order() {
        let prober = Scripted::default()
            .with("m1", 90, Some(Ok(RepoCause::WrongPassword)))
            .with("m2", 0, Some(Ok(RepoCause::Timeout)))
            .with(
                "m3",
                0,
                Some(Err(SkipReason::Unavailable(Obstacle::NoAccount))),
            );
        let set = run(&prober, 8);
        assert_eq!(
            causes(&set)[..5],
            [
                ("m0", RepoCause::Reachable),
                ("m1", RepoCause::WrongPassword),
                ("m2", RepoCause::Timeout),
                ("m3", RepoCause::NotProbed),
                ("m4", RepoCause::Reachable),
            ]
        );
        assert_eq!(set.probes.len(), 8);
        let why = Remark::NoWay(Obstacle::NoAccount);
        assert_eq!(set.probes[3].message, Some(why));
        assert_eq!(prober.at_once.lock().unwrap().1, 3);
    }

    #[test]
    fn one_without_an_end_does_not_hide_the_others() {
        let set = run(&Scripted::default().with("m2", 0, None), 6);
        assert_eq!(set.probes.len(), 6);
        assert_eq!(set.probes[2].cause, RepoCause::Timeout);
        assert_eq!(set.probes[5].cause, RepoCause::Reachable);
    }

    fn run_within(prober: &Scripted, whole: Duration, count: usize) -> ProbeSet {
        let limits = Limits {
            timeout: Duration::from_secs(20),
            concurrency: 1,
            whole,
        };
        let begun = Instant::now();
        let set = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(check(prober, ask_of(count), limits));
        assert!(begun.elapsed() < limits.timeout, "{:?}", begun.elapsed());
        set
    }

    #[test]
    fn when_the_time_for_the_whole_is_over_the_rest_is_left_out() {
        let prober = Scripted::default().with("m2", 0, None);
        let set = run_within(&prober, Duration::from_millis(600), 6);
        let reachable = RepoCause::Reachable;
        assert_eq!(causes(&set), [("m0", reachable), ("m1", reachable)]);
        assert_eq!((set.left_out, set.skipped), (2 + 4, None));
        assert_eq!(prober.at_once.lock().unwrap().0, 1, "m3 was never asked");
    }

    #[test]
    fn one_that_took_the_time_for_the_whole_alone_did_not_answer_in_time() {
        let prober = Scripted::default().with("m0", 0, None);
        let set = run_within(&prober, Duration::from_millis(80), 3);
        assert_eq!(causes(&set), [("m0", RepoCause::Timeout)]);
        assert_eq!(set.left_out, 2 + 2);
    }

    #[test]
    fn no_setting_prolongs_a_check_beyond_its_bound() {
        let limits = Limits {
            timeout: Duration::from_hours(1),
            concurrency: 1,
            whole: Duration::MAX,
        };
        assert_eq!(limits.bound(), LONGEST_CHECK);
    }

    #[test]
    fn no_questions_no_answers() {
        let set = run(&Scripted::default(), 0);
        assert_eq!((set.probes.len(), set.left_out), (0, 2));
    }
}
