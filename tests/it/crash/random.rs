//! A hundred kills at random moments.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use ns8_backup_monitor::model::PlanId;

use super::{account, alert, configuration, fine_plan, message_id, pending, webhook};
use crate::support::http;
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::{MailServer, Received};

/// Services that are killed side by side, each with a cluster of its own.
const LANES: u64 = 4;
/// Kills of each after an accepted alert and before its mail was delivered.
const KILLS: usize = 25;
/// Rounds of each at most: a kill that comes too late does not count.
const ROUNDS: u32 = 120;

/// When a round's kill came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The post had got no answer.
    Before,
    /// The post had its 200, and the mail was not known to be delivered.
    Between,
    /// The mail was delivered, and the service knew.
    After,
}

struct Lane {
    name: String,
    random: Rng,
    cluster: Cluster,
    service: Service,
    /// Plans whose alert got its 200.
    accepted: BTreeSet<PlanId>,
    moments: Vec<Moment>,
    /// From post to 200, and from there to the delivered mail, when nothing
    /// disturbs.
    calm: (Duration, Duration),
}

#[test]
fn a_hundred_kills_at_random_moments_lose_no_accepted_alert() {
    let seed = std::env::var("NBM_CRASH_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("NBM_CRASH_SEED={seed} chooses the same delays again");
    let mail = MailServer::start();
    let totals = Mutex::new([0; 4]);
    thread::scope(|scope| {
        for number in 0..LANES {
            let (mail, totals) = (&mail, &totals);
            scope.spawn(move || {
                let mut lane = Lane::new(number, Rng::with_seed(seed.wrapping_add(number)), mail);
                lane.run(mail);
                let doubled = lane.settle(mail);
                let mut totals = totals.lock().unwrap();
                for moment in &lane.moments {
                    totals[*moment as usize] += 1;
                }
                totals[3] += doubled;
            });
        }
    });
    let [before, between, after, doubled] = totals.into_inner().unwrap();
    eprintln!(
        "kills before the 200: {before}, between: {between}, after the delivery: {after}; \
         mails that came twice or more: {doubled}"
    );
    assert!(between >= 100);
}

impl Lane {
    fn new(number: u64, random: Rng, mail: &MailServer) -> Self {
        let cluster = Cluster::start();
        cluster.module("mail1", 1);
        cluster.destination("d-1");
        let text = configuration(&cluster, mail, "lag@example.org")
            // Tells the lanes apart in the mail server that they share.
            .replace("monitor@", &format!("lane{number}@"))
            + "repo_check: {method: \"off\"}\n";
        let service = Service::start(&text, &[]);
        Self {
            name: format!("lane{number}@example.org"),
            random,
            cluster,
            service,
            accepted: BTreeSet::new(),
            moments: Vec::new(),
            calm: (Duration::ZERO, Duration::ZERO),
        }
    }

    fn run(&mut self, mail: &MailServer) {
        self.measure(mail);
        for round in 1..=ROUNDS {
            let moment = self.round(round, mail);
            self.moments.push(moment);
            if self.kills() == KILLS {
                return;
            }
        }
        panic!("{ROUNDS} rounds were not enough: {:?}", self.moments);
    }

    fn kills(&self) -> usize {
        let between = |moment: &&Moment| **moment == Moment::Between;
        self.moments.iter().filter(between).count()
    }

    /// One alert without a kill.
    fn measure(&mut self, mail: &MailServer) {
        fine_plan(&self.cluster, "0", "d-1");
        let begun = Instant::now();
        assert!(accepted(self.service.address(), &["0".to_owned()]));
        let posted = begun.elapsed();
        wait_until("the first mail", || self.delivered(0, mail));
        self.calm = (posted, begun.elapsed().saturating_sub(posted));
        self.accepted.insert("0".into());
    }

    /// A new plan fails, its alert is posted, the service is killed and started
    /// again. Now and then the alert before is repeated in the same post, as an
    /// Alertmanager does.
    fn round(&mut self, round: u32, mail: &MailServer) -> Moment {
        let plan = round.to_string();
        fine_plan(&self.cluster, &plan, "d-1");
        let mut plans = vec![plan];
        if self.random.u8(..3) == 0 {
            plans.push((round - 1).to_string());
        }
        let (during_the_post, span) = match self.random.u8(..6) {
            0 => (true, self.calm.0 * 3 / 2),
            1 | 2 => (false, self.calm.0),
            _ => (false, self.calm.1 * 2),
        };
        let delay = span.mul_f64(self.random.f64());

        let address = self.service.address();
        let sender = plans.clone();
        let post = thread::spawn(move || accepted(address, &sender));
        let answer = if during_the_post {
            thread::sleep(delay);
            self.service.kill9();
            post.join()
        } else {
            let answer = post.join();
            thread::sleep(delay);
            self.service.kill9();
            answer
        };
        let accepted = answer.unwrap();
        let moment = match accepted {
            false => Moment::Before,
            true if self.delivered(round, mail) => Moment::After,
            true => Moment::Between,
        };
        if accepted {
            self.accepted.extend(plans.into_iter().map(PlanId::new));
        }
        self.service.relaunch();
        moment
    }

    /// Whether the service knew, before its last end, that the mail about the
    /// plan of this round is delivered.
    fn delivered(&self, round: u32, mail: &MailServer) -> bool {
        let name = format!("Plan {round}\r\n");
        let log = self.service.latest_log();
        self.mails(mail).iter().any(|mail| {
            let about = String::from_utf8_lossy(&mail.raw).contains(&name);
            let id = message_id(mail);
            about
                && log
                    .lines()
                    .any(|line| line.contains("mail delivered") && line.contains(&id))
        })
    }

    fn mails(&self, mail: &MailServer) -> Vec<Received> {
        let received = mail.received().into_iter();
        received.filter(|mail| mail.from == self.name).collect()
    }

    /// Lets everything come to its end and compares; returns how many mails
    /// came more than once.
    fn settle(&mut self, mail: &MailServer) -> usize {
        wait_until("everything to be delivered", || {
            let pending = pending(&self.service);
            (pending.alerts, pending.deliveries) == (0, 0)
        });
        assert!(self.service.term().success());
        let times = account(&self.service, &self.mails(mail));
        let told: BTreeSet<PlanId> = times.keys().cloned().collect();
        let lost: Vec<_> = self.accepted.difference(&told).collect();
        assert!(lost.is_empty(), "accepted and never told: {lost:?}");
        times.values().filter(|times| **times > 1).count()
    }
}

/// Posts alerts for these plans; whether the answer was 200.
fn accepted(address: SocketAddr, plans: &[String]) -> bool {
    let alerts: Vec<_> = plans.iter().map(|plan| alert(plan)).collect();
    http::post_json(address, "/alert", &webhook(&alerts)).is_ok_and(|answer| answer.status() == 200)
}
