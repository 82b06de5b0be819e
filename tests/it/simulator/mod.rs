//! A simulated cluster on a real Redis, watched by the real program, and an
//! oracle that knows what really happened.
//!
//! A seed decides everything: nodes, zones, modules, plans, durations, failures,
//! nodes without power, lost messages, restarts, edits. The same seed gives the
//! same story.

mod chance;
pub mod oracle;
mod program;
mod runs;
pub mod tale;
#[cfg(test)]
mod tests;
pub mod truth;
mod world;

use std::collections::BTreeMap;

use ns8_backup_monitor::store::Store;
use tempfile::TempDir;

use crate::support::redis::Cluster;
use program::{Outside, Program, Setup, Shared};
use truth::Story;
use world::World;

/// Lets the story of `seed` happen on `cluster`, which is emptied first.
pub async fn tell(seed: u64, cluster: &mut Cluster) -> Story {
    let drawn = chance::draw(seed);
    fill(cluster, &drawn.story);
    let folder = folder();
    let outside = Shared::default();
    outside.with(|outside| {
        *outside = Outside {
            now: drawn.story.began,
            booted: (drawn.story.began - 1_000, 1),
            nodes: u32::try_from(drawn.story.zones.len()).unwrap_or(1),
            ..Outside::default()
        };
        for backup in &drawn.story.backups {
            if let Some(made) = backup.snapshot {
                let key = (format!("d-{}", backup.plan), backup.module.clone());
                outside.snapshots.entry(key).or_default().push(made);
            }
        }
    });
    let setup = Setup {
        redis: cluster.tcp(),
        own_zone: drawn.story.zones[&1].clone(),
        told_zones: drawn.told_zones.clone(),
        probed: drawn.story.probed,
        always: drawn.story.always,
    };
    let program = Program::new(folder.path(), &setup, &outside);
    let mut world = World::new(&drawn, cluster, program, outside);
    world.live().await;
    let mut story = world.story;
    story.looks = std::mem::take(&mut world.program.looks);
    story.seen = std::mem::take(&mut world.program.seen);
    if let Some(store) = world.program.store() {
        story.unanswered = store.waiting().await.expect("the inbox").len();
        story.marks = marks(store).await;
    }
    story
}

async fn marks(store: &Store) -> BTreeMap<String, Vec<ns8_backup_monitor::model::RunMark>> {
    let strips = store.strips(10_000).await.expect("the history");
    strips
        .into_iter()
        .map(|(plan, marks)| (plan.to_string(), marks))
        .collect()
}

/// In memory where that is possible: a disk that must be written to before
/// every step is slow, and nothing here pulls the plug.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

fn fill(cluster: &Cluster, story: &Story) {
    cluster.command(&["FLUSHALL"]);
    cluster.set("cluster/uuid", &format!("cluster-{}", story.seed));
    cluster.hset("cluster/environment", "NODE_ID", "1");
    for node in story.zones.keys() {
        let vpn = if *node == 1 {
            "127.0.0.1".to_owned()
        } else {
            format!("10.5.4.{node}")
        };
        cluster.hset(&format!("node/{node}/vpn"), "ip_address", &vpn);
    }
    for (module, node) in &story.homes {
        cluster.module(module, *node);
        let image = format!(
            "ghcr.io/nethserver/{}:1.0.0",
            module.trim_end_matches(char::is_numeric)
        );
        cluster.hset(&format!("module/{module}/environment"), "IMAGE_URL", &image);
    }
    for plan in &story.plans {
        let destination = format!("d-{}", plan.id);
        cluster.destination(&destination);
        cluster
            .plan(&plan.id, &format!("Plan {}", plan.id))
            .destination(&destination)
            .schedule(&plan.schedule)
            .instances(plan.instances.iter().map(String::as_str));
    }
    for backup in &story.backups {
        cluster.status_a(
            backup.node,
            &backup.plan,
            &backup.module,
            backup.start,
            backup.end,
            backup.errors,
        );
    }
}
