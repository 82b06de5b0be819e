//! What the statuses of a plan say.

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::model::{
    ClusterState, JudgedMember, JudgedRun, Module, ModuleCause, ModuleId, Plan, PlanCause, PlanId,
    RunId, Status, StatusReading, Unreadable,
};

/// Judges the newest statuses of a plan's live members. `None` when the cluster
/// has no such plan.
pub fn judge(state: &ClusterState, plan_id: &PlanId) -> Option<JudgedRun> {
    let plan = state.plans.get(plan_id)?;
    let readings = state.statuses.get(plan_id);
    let mut digest = RunDigest::default();
    let mut members = Vec::with_capacity(plan.instances.len());
    let mut gone = Vec::new();
    for id in &plan.instances {
        let Some(module) = state.modules.get(id) else {
            gone.push(id.clone());
            continue;
        };
        let reading = readings.and_then(|readings| readings.get(id));
        digest.add(id, reading, state.read_at);
        members.push(judge_member(reading, id, module));
    }
    Some(JudgedRun {
        causes: plan_causes(plan),
        members,
        gone,
        ..JudgedRun::new(digest.finish(), plan_id.clone(), plan.clone())
    })
}

/// A [`RunId`] in the making: of the run that the newest statuses of a plan
/// belong to. It is the same as long as none of them changes, so that a
/// repeated alert finds the same id.
#[derive(Default)]
struct RunDigest {
    digest: Sha256,
    /// What is said of one member; kept for the next.
    text: String,
}

impl RunDigest {
    /// What cannot be understood cannot show that another run was made: it is
    /// taken for another one every day, so that it is never silent for long.
    fn add(&mut self, id: &ModuleId, reading: Option<&StatusReading>, read_at: Timestamp) {
        let text = &mut self.text;
        text.clear();
        text.push_str(id.as_str());
        // Nothing that is written into a text can fail.
        let _ = match reading {
            None => text.write_str("\0none\0"),
            Some(StatusReading::Unreadable(what)) => {
                let day = read_at.as_second().div_euclid(24 * 3600);
                write!(text, "\0?{} {day}\0", what.key)
            }
            Some(StatusReading::Read(status)) => {
                let mut digits = itoa::Buffer::new();
                text.push('\0');
                text.push_str(digits.format(status.start.as_second()));
                text.push(' ');
                text.push_str(digits.format(status.end.as_second()));
                text.push(' ');
                text.push_str(digits.format(status.errors));
                text.write_char('\0')
            }
        };
        self.digest.update(text);
    }

    fn finish(self) -> RunId {
        // Half of the digest is plenty to tell the runs of one plan apart.
        let mut hex = self.text;
        hex.clear();
        for byte in self.digest.finalize().iter().take(16) {
            let _ = write!(hex, "{byte:02x}");
        }
        RunId::new(hex)
    }
}

fn plan_causes(plan: &Plan) -> Vec<PlanCause> {
    if plan.enabled {
        Vec::new()
    } else {
        vec![PlanCause::Disabled]
    }
}

/// What a reading says of a member, and itself.
#[inline]
pub(super) fn says(
    reading: &StatusReading,
) -> (ModuleCause, Option<Status>, Option<Box<Unreadable>>) {
    match reading {
        StatusReading::Unreadable(what) => {
            let what = Box::new(what.clone());
            (ModuleCause::Unreadable, None, Some(what))
        }
        StatusReading::Read(status) => {
            let cause = if status.errors == 0 {
                ModuleCause::Ok
            } else {
                ModuleCause::BackupError
            };
            (cause, Some(status.clone()), None)
        }
    }
}

fn judge_member(reading: Option<&StatusReading>, id: &ModuleId, module: &Module) -> JudgedMember {
    let (cause, status, unreadable) = reading.map_or((ModuleCause::NeverRan, None, None), says);
    JudgedMember {
        status,
        unreadable,
        ..JudgedMember::new(id.clone(), module.clone(), cause)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{
        Alert, AlertState, InboxEntry, InboxId, Layout, Modules, Status, Unreadable,
    };

    pub fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An alert that names `plan`; an empty one names none.
    pub fn entry(id: i64, plan: &str, since: Timestamp) -> InboxEntry {
        let mut labels = BTreeMap::from([("alertname".to_owned(), "BackupFailed".to_owned())]);
        if !plan.is_empty() {
            labels.insert("id".to_owned(), plan.to_owned());
        }
        InboxEntry {
            id: InboxId(id),
            alert: Alert {
                name: "BackupFailed".into(),
                state: AlertState::Firing,
                labels,
                starts_at: None,
            },
            waiting_since: since,
            last_seen: since,
        }
    }

    pub fn status(start: i64, errors: u32) -> StatusReading {
        StatusReading::Read(Status {
            start: at(start),
            end: at(start + 60),
            errors,
            size: Some(1000),
            files: Some(10),
            node: None,
            layout: Layout::A,
            message: None,
        })
    }

    /// A module and its newest status.
    type Instance<'a> = (&'a str, Option<StatusReading>);

    /// A cluster with one enabled plan per entry, each with the modules and
    /// statuses given.
    pub fn cluster(plans: &[(&str, &[Instance])]) -> ClusterState {
        let mut state = ClusterState {
            read_at: at(0),
            cluster_uuid: None,
            cluster_name: None,
            leader: None,
            nodes: BTreeMap::new(),
            modules: Modules::default(),
            destinations: BTreeMap::new(),
            plans: BTreeMap::new(),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        };
        for (plan, members) in plans {
            let id = PlanId::from(*plan);
            state.plans.insert(
                id.clone(),
                Plan {
                    enabled: true,
                    instances: members.iter().map(|(m, _)| ModuleId::from(*m)).collect(),
                    ..Plan::default()
                },
            );
            for (module, reading) in *members {
                let module = ModuleId::from(*module);
                state.modules.insert(
                    module.clone(),
                    Module {
                        name: None,
                        node: None,
                        uuid: format!("uuid-{module}").into(),
                        no_data: false,
                    },
                );
                if let Some(reading) = reading {
                    state
                        .statuses
                        .entry(id.clone())
                        .or_default()
                        .insert(module, reading.clone());
                }
            }
        }
        state
    }

    fn causes(state: &ClusterState) -> Vec<ModuleCause> {
        judge(state, &"1".into())
            .unwrap()
            .members
            .iter()
            .map(|member| member.cause)
            .collect()
    }

    #[test]
    fn each_member_is_judged_by_its_newest_status() {
        let unreadable =
            StatusReading::Unreadable(Unreadable::new("k", crate::model::Reason::NotAStatus));
        let state = cluster(&[(
            "1",
            &[
                ("mail1", Some(status(100, 0))),
                ("samba1", Some(status(160, 2))),
                ("webtop1", None),
                ("ejabberd1", Some(unreadable)),
            ],
        )]);
        assert_eq!(
            causes(&state),
            [
                ModuleCause::Ok,
                ModuleCause::BackupError,
                ModuleCause::NeverRan,
                ModuleCause::Unreadable
            ]
        );
    }

    #[test]
    fn a_removed_module_is_named_and_not_counted() {
        let mut state = cluster(&[("1", &[("mail1", Some(status(1, 0))), ("gone1", None)])]);
        state.modules.remove(&ModuleId::from("gone1"));
        let run = judge(&state, &"1".into()).unwrap();
        assert_eq!(run.members.len(), 1);
        assert_eq!(run.gone, [ModuleId::from("gone1")]);
    }

    #[test]
    fn the_run_stays_the_same_until_a_status_changes() {
        let before = cluster(&[("1", &[("mail1", Some(status(1, 1))), ("samba1", None)])]);
        let again = before.clone();
        let after = cluster(&[("1", &[("mail1", Some(status(2, 1))), ("samba1", None)])]);
        let id = |state: &ClusterState| judge(state, &"1".into()).unwrap().id;
        assert_eq!(id(&before), id(&again));
        assert_ne!(id(&before), id(&after));
    }

    #[test]
    fn what_cannot_be_understood_is_another_run_every_day() {
        let broken =
            StatusReading::Unreadable(Unreadable::new("k", crate::model::Reason::NotAStatus));
        let mut state = cluster(&[("1", &[("mail1", Some(broken))])]);
        let mut id = |second| {
            state.read_at = at(second);
            judge(&state, &"1".into()).unwrap().id
        };
        assert_eq!(id(100), id(80_000));
        assert_ne!(id(100), id(90_000));
    }

    #[test]
    fn a_disabled_plan_says_so() {
        let mut state = cluster(&[("1", &[("mail1", Some(status(1, 0)))])]);
        for plan in state.plans.values_mut() {
            plan.enabled = false;
        }
        let run = judge(&state, &"1".into()).unwrap();
        assert_eq!(run.causes, [PlanCause::Disabled]);
    }
}
