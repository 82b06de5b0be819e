//! Nights of a cluster with two nodes or more: who is there, and who speaks.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::cluster::NodeProbe;
use crate::config::PlanSettings;
use crate::model::{Mailbox, ModuleCause, Node, Report, Warning};
use crate::pipeline::NodePeers;

const UTC: &str = "schedule: {timezone: UTC}\n";

/// 02:00 of a day.
fn night(day: i64) -> i64 {
    day * 86_400 + 2 * 3600
}

/// `mail1` and `samba1` on node 1, `odoo1` on the last of `nodes`, with the
/// moments at which their newest backups began and how those ended.
fn nightly(nodes: u32, newest: [(i64, u32); 3]) -> ClusterState {
    let names = ["mail1", "samba1", "odoo1"];
    let errors: Vec<(&str, u32)> = names.into_iter().zip(newest.map(|(_, e)| e)).collect();
    let mut state = cluster(0, &errors);
    state.leader = Some(NodeId(1));
    state.nodes = (1..=nodes)
        .map(|id| {
            let node = Node {
                name: None,
                vpn_address: Some(format!("127.0.0.{}", id + 100)),
            };
            (NodeId(id), node)
        })
        .collect();
    state.plans.get_mut(&"1".into()).unwrap().schedule = "*-*-* 02:00:00".into();
    let homes = [1, 1, nodes];
    for ((name, home), (start, _)) in names.into_iter().zip(homes).zip(newest) {
        let module = state.modules.get_mut(&name.into()).unwrap();
        module.node = Some(NodeId(home));
        module.uuid = format!("u-{name}").into();
        let readings = state.statuses.get_mut(&"1".into()).unwrap();
        if let Some(StatusReading::Read(status)) = readings.get_mut(&name.into()) {
            (status.start, status.end) = (at(start), at(start + 60));
            status.node = Some(NodeId(home));
        }
    }
    state
}

fn all(start: i64, errors: u32) -> [(i64, u32); 3] {
    [(start, 0), (start + 60, errors), (start, 0)]
}

impl World {
    /// Looks every five minutes, and at `to`.
    async fn watch(&mut self, from: i64, to: i64) {
        for second in (from..to).step_by(300).chain([to]) {
            self.pass(second).await;
        }
    }

    /// A night in which all goes well, seen from its eve on.
    async fn good_night(&mut self, nodes: u32, day: i64) {
        self.show(Some(nightly(nodes, all(night(day - 1), 0))));
        self.watch(night(day) - 3600, night(day) + 60).await;
        self.show(Some(nightly(nodes, all(night(day) + 30, 0))));
        self.watch(night(day) + 300, night(day) + 900).await;
    }

    /// A night in which nothing comes from the last node, until that is clear.
    async fn night_without_the_last(&mut self, nodes: u32, day: i64) -> Report {
        let before = self.reports().await.len();
        self.watch(night(day) - 900, night(day) + 60).await;
        let began = night(day) + 30;
        let newest = [(began, 0), (began + 60, 0), (night(day - 1) + 30, 0)];
        self.show(Some(nightly(nodes, newest)));
        self.watch(night(day) + 300, night(day) + 10_800).await;
        assert_eq!(self.reports().await.len(), before, "still waited for");
        self.watch(night(day) + 11_100, night(day) + 11_700).await;
        self.newest().await
    }

    async fn newest(&self) -> Report {
        let id = self.reports().await[0].id;
        let stored = self.watching.store.report(id).await.unwrap();
        stored.unwrap().report
    }

    async fn mails(&self) -> usize {
        let due = self.watching.store.due(self.clock.now(), 10).await;
        due.unwrap().len()
    }
}

fn causes(report: &Report) -> Vec<(&str, ModuleCause)> {
    let members = report.members.iter();
    members.map(|m| (m.module.as_str(), m.cause)).collect()
}

/// A port at which nobody listens on any of these addresses, and then those of
/// `there` who answer.
async fn nodes(there: &[u32]) -> NodePeers {
    let place = |node: u32| Ipv4Addr::new(127, 0, 0, u8::try_from(node + 100).unwrap());
    let first = TcpListener::bind((place(there.first().copied().unwrap_or(9)), 0));
    let first = first.await.unwrap();
    let port = first.local_addr().unwrap().port();
    let mut listeners = vec![first];
    for node in there.iter().skip(1) {
        listeners.push(TcpListener::bind((place(*node), port)).await.unwrap());
    }
    for listener in listeners {
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
            }
        });
    }
    let probe = NodeProbe {
        port,
        ..NodeProbe::default()
    };
    NodePeers { probe }
}

/// T20, and its opposite.
#[tokio::test]
async fn a_node_that_was_off_all_night_is_not_one_that_did_not_start_its_backup() {
    for (there, cause) in [
        (&[][..], ModuleCause::NodeUnreachable),
        (&[2][..], ModuleCause::Missed),
    ] {
        let mut world = World::with("file", UTC, &[("NODE_ID", "1")]);
        world.watching.peers = Arc::new(nodes(there).await);
        world.good_night(2, 1).await;
        assert_eq!(world.mails().await, 0);
        let report = world.night_without_the_last(2, 2).await;
        assert_eq!(report.outcome, Outcome::Partial);
        let expected = [
            ("odoo1", cause),
            ("mail1", ModuleCause::Ok),
            ("samba1", ModuleCause::Ok),
        ];
        assert_eq!(causes(&report), expected);
        assert_eq!(world.mails().await, 1);
        assert!(!report.warnings.contains(&Warning::OwnVpnSuspect));
    }
}

#[tokio::test]
async fn where_no_other_node_answers_none_is_called_off_and_the_own_vpn_is_named() {
    let mut world = World::with("file", UTC, &[("NODE_ID", "1")]);
    world.watching.peers = Arc::new(nodes(&[]).await);
    world.good_night(3, 1).await;
    let report = world.night_without_the_last(3, 2).await;
    assert_eq!(causes(&report)[0], ("odoo1", ModuleCause::Missed));
    assert!(report.warnings.contains(&Warning::OwnVpnSuspect));

    // One that answers is enough to believe that the other is off.
    let mut world = World::with("file", UTC, &[("NODE_ID", "1")]);
    world.watching.peers = Arc::new(nodes(&[2]).await);
    world.good_night(3, 1).await;
    let report = world.night_without_the_last(3, 2).await;
    assert_eq!(causes(&report)[0], ("odoo1", ModuleCause::NodeUnreachable));
    assert!(!report.warnings.contains(&Warning::OwnVpnSuspect));
}

/// What the look showed before the nodes were asked is looked at again after.
#[tokio::test]
async fn a_zone_that_is_learned_while_another_node_is_given_up_is_told() {
    let mut world = World::with("file", "", &[("NODE_ID", "1")]);
    world.watching.peers = Arc::new(nodes(&[2]).await);
    let of_day = |day: i64, last: i64| {
        // Node 2 is six hours behind.
        let newest = [(night(day), 0), (night(day) + 21_600, 0), (night(last), 0)];
        let mut state = nightly(3, newest);
        let samba = state.modules.get_mut(&"samba1".into()).unwrap();
        samba.node = Some(NodeId(2));
        Some(state)
    };
    world.show(of_day(1, 1));
    world.watch(night(2) - 3600, night(2) + 60).await;
    world.show(of_day(2, 1));
    // Its backup of today shows when node 3 has been silent for long enough.
    world.pass(night(2) + 43_300).await;
    world.pass(night(2) + 43_400).await;
    let report = world.newest().await;
    let expected = ("odoo1", ModuleCause::NodeUnreachable);
    assert_eq!(causes(&report)[0], expected);
    let learned = Warning::NodeZone {
        node: NodeId(2),
        shift: 360,
    };
    assert!(report.warnings.contains(&learned), "{:?}", report.warnings);
}

/// Nodes that must not be asked.
struct LeftAlone;

#[async_trait]
impl Peers for LeftAlone {
    async fn reachability(&self, _: &ClusterState, _: Option<NodeId>) -> Reachability {
        panic!("nothing is missing: why ask?")
    }
}

#[tokio::test]
async fn nodes_are_left_alone_while_nothing_is_missing() {
    let mut world = World::with("file", UTC, &[("NODE_ID", "1")]);
    world.watching.peers = Arc::new(LeftAlone);
    for day in 1..4 {
        world.good_night(2, day).await;
    }
    assert_eq!(world.mails().await, 0);
}

/// T29.
#[tokio::test]
async fn of_two_instances_the_one_that_the_cluster_names_speaks() {
    let instance = |id| World::with("file", UTC, &[("NODE_ID", "1"), ("MODULE_ID", id)]);
    let mut both = [instance("backup-monitor1"), instance("backup-monitor2")];
    let with_both = |voice: Option<&str>, newest| {
        let mut state = nightly(2, newest);
        let ours = state.modules[&ModuleId::from("mail1")].clone();
        for id in ["backup-monitor2", "backup-monitor1"] {
            let mut ours = ours.clone();
            ours.uuid = format!("u-{id}").into();
            ours.no_data = true;
            state.modules.insert(id.into(), ours);
        }
        state.voice = voice.map(Into::into);
        Some(state)
    };
    let voices = [
        (Some("backup-monitor2"), [0, 1]),
        (None, [1, 1]),
        (Some("backup-monitor3"), [2, 1]),
        (Some("backup-monitor2"), [2, 2]),
    ];
    for (day, (voice, mails)) in (2..).zip(voices) {
        for (world, mails) in both.iter_mut().zip(mails) {
            let errors = |day| u32::from(day > 1);
            world.show(with_both(voice, all(night(day - 1) + 30, errors(day - 1))));
            world.watch(night(day) - 900, night(day) + 60).await;
            world.show(with_both(voice, all(night(day) + 30, errors(day))));
            world.watch(night(day) + 300, night(day) + 900).await;
            assert_eq!(world.mails().await, mails, "{voice:?}");
            let runs = usize::try_from(day - 1).unwrap();
            assert_eq!(world.reports().await.len(), runs, "both keep what they see");
        }
    }
}

/// A recipient that no mail can be addressed to, as a fault of ours would be.
#[tokio::test]
async fn a_mail_that_cannot_be_made_silences_no_other_plan() {
    let mut world = World::new("file");
    let mut config = world.watching.parts.borrow().config.clone();
    let nobody = PlanSettings {
        to: vec![Mailbox::new("no address")],
        ..PlanSettings::default()
    };
    config.plans.insert("1".into(), nobody);
    let parts = Parts::with_reader(config, Arc::clone(&world.cluster) as _).unwrap();
    world.watching.parts = watch::channel(Arc::new(parts)).1;
    let mut state = cluster(100, &[("mail1", 1)]);
    let (one, readings) = (PlanId::from("1"), state.statuses[&"1".into()].clone());
    state.plans.insert("2".into(), state.plans[&one].clone());
    state.statuses.insert("2".into(), readings);

    world.show(Some(state));
    assert_eq!(
        world.pass(5_000).await,
        Duration::from_secs(15),
        "tried again"
    );
    let plans = |reports: Vec<ReportSummary>| -> Vec<_> {
        reports.into_iter().map(|report| report.plan).collect()
    };
    assert_eq!(plans(world.reports().await), [Some("2".into())]);
    world.pass(5_100).await;
    assert_eq!(plans(world.reports().await), [Some("2".into())], "once");
}
