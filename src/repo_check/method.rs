//! Which method is used, and the prober for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    ApiProber, Clock, CredentialSource, Credentials, Prober, ResticProber, RunagentProber,
    SnapshotAction,
};
use crate::config::{Method, RepoCheck};
use crate::model::{DestinationId, Obstacle, ProbeMethod, SkipReason};

/// What decides about the method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether this process is root's.
    pub root: bool,
    /// Where `runagent` is, if it is on this host.
    pub runagent: Option<PathBuf>,
    /// Whether the task API takes our login and the role is granted.
    pub task_api: bool,
}

impl Facts {
    /// Looks at this process and at the programs of its PATH.
    pub fn of_this_process(task_api: bool) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            root: rustix::process::geteuid().is_root(),
            runagent: std::env::split_paths(&path)
                .map(|folder| folder.join("runagent"))
                .find(|program| program.is_file()),
            task_api,
        }
    }
}

/// What the file asks for, made definite: `auto` is `runagent` for root with
/// that program on the host, else `api` where login and role are given, else
/// `off`; `restic` is used only when chosen.
pub fn resolve(method: Method, facts: &Facts) -> ProbeMethod {
    match method {
        Method::Auto if facts.root && facts.runagent.is_some() => ProbeMethod::Runagent,
        Method::Auto if facts.task_api => ProbeMethod::Api,
        Method::Auto | Method::Off => ProbeMethod::Off,
        Method::Api => ProbeMethod::Api,
        Method::Restic => ProbeMethod::Restic,
        Method::Runagent => ProbeMethod::Runagent,
    }
}

/// The ways to the repositories that the rest of the program opens.
#[derive(Clone, Default)]
pub struct Access {
    /// `destinations` of the file, for method `restic`.
    pub destinations: BTreeMap<DestinationId, Credentials>,
    /// Redis, for method `restic`.
    pub source: Option<Arc<dyn CredentialSource>>,
    /// The task API, for method `api`.
    pub action: Option<Arc<dyn SnapshotAction>>,
}

/// The prober that `config` asks for.
///
/// # Errors
///
/// The method that [`resolve`] gives, and why nobody can be asked:
/// [`SkipReason::Off`], or `Unavailable` when `api` was chosen without a task
/// API. Fit for [`crate::model::ProbeSet::skipped`].
pub fn prober(
    config: &RepoCheck,
    access: Access,
    facts: &Facts,
    clock: Clock,
) -> Result<Arc<dyn Prober>, (ProbeMethod, SkipReason)> {
    let flags = config.restic_flags.clone();
    match resolve(config.method, facts) {
        ProbeMethod::Off => Err((ProbeMethod::Off, SkipReason::Off)),
        ProbeMethod::Restic => Ok(Arc::new(ResticProber {
            program: config.restic.clone(),
            flags,
            destinations: access.destinations,
            source: access.source,
            clock,
        })),
        ProbeMethod::Runagent => Ok(Arc::new(RunagentProber {
            program: facts
                .runagent
                .clone()
                .unwrap_or_else(|| Path::new("runagent").to_owned()),
            flags,
            clock,
        })),
        ProbeMethod::Api => match access.action {
            Some(action) => Ok(Arc::new(ApiProber { action, clock })),
            None => Err((
                ProbeMethod::Api,
                SkipReason::Unavailable(Obstacle::NoAccount),
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn facts(root: bool, runagent: bool, task_api: bool) -> Facts {
        Facts {
            root,
            runagent: runagent.then(|| "/usr/local/bin/runagent".into()),
            task_api,
        }
    }

    #[test]
    fn auto_takes_the_best_of_what_is_there_and_never_restic() {
        for (facts, expected) in [
            (facts(true, true, true), ProbeMethod::Runagent),
            (facts(false, true, true), ProbeMethod::Api),
            (facts(true, false, true), ProbeMethod::Api),
            (facts(false, true, false), ProbeMethod::Off),
            (facts(false, false, false), ProbeMethod::Off),
        ] {
            assert_eq!(resolve(Method::Auto, &facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn a_chosen_method_stays_chosen() {
        let nothing = Facts::default();
        for (method, expected) in [
            (Method::Api, ProbeMethod::Api),
            (Method::Restic, ProbeMethod::Restic),
            (Method::Runagent, ProbeMethod::Runagent),
            (Method::Off, ProbeMethod::Off),
        ] {
            assert_eq!(resolve(method, &nothing), expected);
        }
        let all = facts(true, true, true);
        assert_eq!(resolve(Method::Off, &all), ProbeMethod::Off);
    }

    #[test]
    fn a_method_that_cannot_work_is_not_the_same_as_off() {
        let mut config = RepoCheck {
            method: Method::Api,
            timeout: Duration::from_mins(1),
            concurrency: 4,
            max_per_report: 20,
            restic_flags: Vec::new(),
            restic: "restic".into(),
            api_url: String::new(),
        };
        let clock: Clock = jiff::Timestamp::now;
        let refused = prober(&config, Access::default(), &Facts::default(), clock).err();
        let reason = SkipReason::Unavailable(Obstacle::NoAccount);
        assert_eq!(refused, Some((ProbeMethod::Api, reason)));
        config.method = Method::Off;
        let off = prober(&config, Access::default(), &Facts::default(), clock).err();
        assert_eq!(off, Some((ProbeMethod::Off, SkipReason::Off)));
        config.method = Method::Restic;
        let made = prober(&config, Access::default(), &Facts::default(), clock).ok();
        assert_eq!(made.map(|p| p.method()), Some(ProbeMethod::Restic));
    }
}
