//! Which repositories of a run are worth a question, and in which order.

use crate::model::{
    ClusterState, DestinationId, JudgedMember, JudgedRun, ProbeTarget, Severity, SkipReason,
};

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// All of one destination: failed modules first, in the plan's order, then
    /// at most one that is fine.
    pub targets: Vec<ProbeTarget>,
    /// How many failed modules found no place, or have no usable path.
    pub left_out: usize,
}

/// Chooses at most `max_per_report` repositories of `run`: those of failed
/// modules, then, if there is a place left, one of a module that is fine, as a
/// check of the destination itself.
///
/// # Errors
///
/// [`SkipReason::AllOk`] when no member failed, [`SkipReason::NoDestination`]
/// when the plan names none that exists.
pub fn targets(
    state: &ClusterState,
    run: &JudgedRun,
    max_per_report: usize,
) -> Result<Targets, SkipReason> {
    let failed: Vec<&JudgedMember> = with(run, Severity::Bad).collect();
    if failed.is_empty() {
        return Err(SkipReason::AllOk);
    }
    let destination = run
        .plan
        .destination
        .as_ref()
        .filter(|id| state.destinations.contains_key(*id))
        .ok_or(SkipReason::NoDestination)?;

    let mut chosen: Vec<ProbeTarget> = failed
        .iter()
        .filter_map(|member| target(member, destination, true))
        .take(max_per_report)
        .collect();
    let left_out = failed.len() - chosen.len();
    if chosen.len() < max_per_report {
        chosen.extend(healthy(run, destination));
    }
    Ok(Targets {
        targets: chosen,
        left_out,
    })
}

/// The module that was saved last: its repository surely exists.
fn healthy(run: &JudgedRun, destination: &DestinationId) -> Option<ProbeTarget> {
    with(run, Severity::Good)
        .filter_map(|member| {
            let end = member.status.as_ref().map(|status| status.end);
            Some((end, target(member, destination, false)?))
        })
        .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.module.cmp(&a.1.module)))
        .map(|(_, target)| target)
}

fn with(run: &JudgedRun, severity: Severity) -> impl Iterator<Item = &JudgedMember> {
    run.members
        .iter()
        .filter(move |member| member.cause.severity() == severity)
}

fn target(member: &JudgedMember, destination: &DestinationId, failed: bool) -> Option<ProbeTarget> {
    let (image, uuid) = (member.id.image(), member.module.uuid.as_str());
    (is_path_part(image) && is_path_part(uuid)).then(|| ProbeTarget {
        module: member.id.clone(),
        destination: destination.clone(),
        path: format!("{image}/{uuid}"),
        failed,
    })
}

/// Module ids and UUIDs come from Redis: what could climb out of the
/// destination, or read as an option, is not asked for.
fn is_path_part(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::model::{Destination, Layout, Module, ModuleCause, Modules, Plan, Status};

    fn member(id: &str, cause: ModuleCause, end: i64) -> JudgedMember {
        let module = Module {
            name: None,
            node: None,
            uuid: format!("uuid-of-{id}").into(),
            no_data: false,
        };
        JudgedMember {
            status: Some(Status {
                start: Timestamp::UNIX_EPOCH,
                end: Timestamp::from_second(end).unwrap(),
                errors: 0,
                size: None,
                files: None,
                node: None,
                layout: Layout::A,
                message: None,
            }),
            ..JudgedMember::new(id.into(), module, cause)
        }
    }

    fn run(members: Vec<JudgedMember>) -> JudgedRun {
        let plan = Plan {
            destination: Some("d1".into()),
            ..Plan::default()
        };
        JudgedRun {
            members,
            ..JudgedRun::new("r".into(), "1".into(), plan)
        }
    }

    fn cluster() -> ClusterState {
        ClusterState {
            read_at: Timestamp::UNIX_EPOCH,
            cluster_uuid: None,
            cluster_name: None,
            leader: None,
            nodes: BTreeMap::new(),
            modules: Modules::default(),
            destinations: [("d1".into(), Destination::default())].into(),
            plans: BTreeMap::new(),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        }
    }

    fn paths(targets: &Targets) -> Vec<(&str, bool)> {
        targets
            .targets
            .iter()
            .map(|t| (t.path.as_str(), t.failed))
            .collect()
    }

    #[test]
    fn failed_modules_come_first_then_the_one_saved_last() {
        let run = run(vec![
            member("mail1", ModuleCause::Ok, 100),
            member("nextcloud12", ModuleCause::Missed, 0),
            member("web3", ModuleCause::Ok, 300),
            member("old1", ModuleCause::Ok, 200),
            member("dokuwiki1", ModuleCause::BackupError, 0),
            member("new1", ModuleCause::NotDue, 900),
        ]);
        assert_eq!(
            paths(&targets(&cluster(), &run, 20).unwrap()),
            [
                ("nextcloud/uuid-of-nextcloud12", true),
                ("dokuwiki/uuid-of-dokuwiki1", true),
                ("web/uuid-of-web3", false)
            ]
        );
    }

    #[test]
    fn over_the_limit_failed_modules_are_counted_and_healthy_ones_are_not_asked() {
        let mut members: Vec<_> = (0..5)
            .map(|n| member(&format!("app{n}"), ModuleCause::BackupError, 0))
            .collect();
        members.push(member("fine1", ModuleCause::Ok, 1));
        let chosen = targets(&cluster(), &run(members), 3).unwrap();
        assert_eq!(chosen.targets.len(), 3);
        assert!(chosen.targets.iter().all(|t| t.failed));
        assert_eq!(chosen.left_out, 2);
    }

    #[test]
    fn nothing_is_asked_when_all_is_well_or_there_is_no_destination() {
        let well = run(vec![member("mail1", ModuleCause::Unreported, 1)]);
        assert_eq!(targets(&cluster(), &well, 20), Err(SkipReason::AllOk));
        let mut lost = run(vec![member("mail1", ModuleCause::BackupError, 1)]);
        lost.plan.destination = Some("gone".into());
        assert_eq!(
            targets(&cluster(), &lost, 20),
            Err(SkipReason::NoDestination)
        );
        lost.plan.destination = None;
        assert_eq!(
            targets(&cluster(), &lost, 20),
            Err(SkipReason::NoDestination)
        );
    }

    #[test]
    fn a_hostile_uuid_never_becomes_a_path() {
        for uuid in ["../../etc", "", "-o", ".", "a/b", "a b", "a\nb", ".."] {
            let mut bad = member("mail1", ModuleCause::BackupError, 1);
            bad.module.uuid = uuid.into();
            let chosen = targets(&cluster(), &run(vec![bad]), 20).unwrap();
            assert_eq!((chosen.targets.len(), chosen.left_out), (0, 1), "{uuid:?}");
        }
    }
}
