//! A cluster of any size in Redis, with the keys of core 3.20 and newer, and
//! the commands that fetch exactly these keys.

use super::redis::{Client, command};

const NODES: usize = 4;
const IMAGES: [&str; 6] = ["mail", "nextcloud", "samba", "mattermost", "loki", "webtop"];
/// When all backups of the sample began, in Unix seconds.
pub const START: i64 = 1_780_000_000;

/// How large it is.
#[derive(Clone, Copy)]
pub struct Size {
    pub plans: usize,
    pub modules: usize,
}

impl Size {
    fn module(index: usize) -> String {
        let image = IMAGES[index % IMAGES.len()];
        format!("{image}{}", index / IMAGES.len() + 1)
    }

    /// The modules of each plan live on all nodes.
    fn node(self, index: usize) -> usize {
        index / self.plans % NODES + 1
    }

    fn modules_of(self, plan: usize) -> impl Iterator<Item = usize> {
        (plan..self.modules).step_by(self.plans)
    }

    fn plan_ids(self) -> std::ops::RangeInclusive<usize> {
        1..=self.plans
    }
}

/// Replaces whatever Redis holds.
pub fn fill(client: &mut Client, size: Size) {
    let mut commands = vec![
        command(&["FLUSHALL"]),
        command(&[
            "SET",
            "cluster/uuid",
            "5b1c7e0a-0000-4000-8000-000000000000",
        ]),
        command(&["HSET", "cluster/environment", "NODE_ID", "1"]),
        command(&[
            "HSET",
            "cluster/backup_repository/dest",
            "name",
            "Backblaze",
            "provider",
            "backblaze",
            "url",
            "b2:bucket",
        ]),
    ];
    for node in 1..=NODES {
        commands.push(command(&["SET", &format!("node/{node}/ui_name"), "A node"]));
        let vpn = format!("node/{node}/vpn");
        commands.push(command(&["HSET", &vpn, "ip_address", "127.0.0.1"]));
    }
    for index in 0..size.modules {
        fill_module(&mut commands, size, index);
    }
    for plan in size.plan_ids() {
        fill_plan(&mut commands, size, plan);
    }
    client.pipeline(&commands);
}

fn fill_module(commands: &mut Vec<Vec<String>>, size: Size, index: usize) {
    let id = Size::module(index);
    let uuid = format!("{index:08x}-0000-4000-8000-000000000000");
    let node = size.node(index).to_string();
    commands.push(command(&["HSET", "cluster/module_uuid", &id, &uuid]));
    commands.push(command(&["HSET", "cluster/module_node", &id, &node]));
    let name = format!("Application {index}");
    commands.push(command(&["SET", &format!("module/{id}/ui_name"), &name]));
}

/// Every fiftieth module failed.
fn fill_plan(commands: &mut Vec<Vec<String>>, size: Size, plan: usize) {
    let mut instances = Vec::new();
    for index in size.modules_of(plan - 1) {
        let errors = u8::from(index % 50 == 0);
        let status = format!(
            r#"{{"start": {START}, "end": {}, "total_size": {}, "total_file_count": 4500, "snapshots_count": 1, "errors": {errors}}}"#,
            START + 300,
            1_000_000 + index,
        );
        let key = format!("node/{}/backup_status/{plan}", size.node(index));
        commands.push(command(&["HSET", &key, &Size::module(index), &status]));
        instances.push(Size::module(index));
    }
    commands.push(command(&[
        "HSET",
        &format!("cluster/backup/{plan}"),
        "name",
        &format!("Plan {plan}"),
        "enabled",
        "1",
        "repository",
        "dest",
        "schedule",
        "daily",
        "retention",
        "7",
        "instances",
        &instances.join(" "),
    ]));
}

/// What a client must ask that knows every key beforehand and looks for none.
pub fn fetch_commands(size: Size) -> Vec<Vec<String>> {
    let mut commands = vec![
        command(&["GET", "cluster/uuid"]),
        command(&["HGETALL", "cluster/environment"]),
        command(&["HGETALL", "cluster/module_uuid"]),
        command(&["HGETALL", "cluster/module_node"]),
        command(&["HGETALL", "cluster/backup_repository/dest"]),
    ];
    for node in 1..=NODES {
        commands.push(command(&["GET", &format!("node/{node}/ui_name")]));
        commands.push(command(&["HGETALL", &format!("node/{node}/vpn")]));
    }
    let names: Vec<String> = (0..size.modules)
        .map(|index| format!("module/{}/ui_name", Size::module(index)))
        .collect();
    for keys in names.chunks(1000) {
        let mut command = vec!["MGET".to_owned()];
        command.extend_from_slice(keys);
        commands.push(command);
    }
    for plan in size.plan_ids() {
        commands.push(command(&["HGETALL", &format!("cluster/backup/{plan}")]));
        for node in 1..=NODES {
            let key = format!("node/{node}/backup_status/{plan}");
            commands.push(command(&["HGETALL", &key]));
        }
    }
    commands
}
