//! Everything around the program: a cluster's Redis, its repositories behind
//! the gateway, its smarthost.

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::case::Case;
use crate::support::alertmanager::{Alertmanager, Options};
use crate::support::api_server::{ApiServer, Outcome};
use crate::support::gateway::{DESTINATION, Gateway, NODE};
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER};
use crate::support::restic::{self, Destination};
use crate::support::service::Service;
use crate::support::smtp::{self, MailServer};

/// The usual plan's modules, with their nodes.
pub const SEVEN: [(&str, u32); 7] = [
    ("mail1", 1),
    ("webtop1", 1),
    ("nextcloud1", 1),
    ("samba1", 2),
    ("mattermost1", 2),
    ("dokuwiki1", 2),
    ("piler1", 2),
];

/// Seconds since 1970 when the newest run began: half an hour ago.
pub fn last_run() -> i64 {
    Timestamp::now().as_second() - 1800
}

/// Everything but the program and what posts to it.
pub struct World {
    pub cluster: Cluster,
    pub mail: MailServer,
    pub repositories: Destination,
    pub gateway: Gateway,
    api: Option<ApiServer>,
    alertmanager: Options,
    settings: Value,
}

impl World {
    /// Two nodes with these modules, which all have a repository at the one
    /// destination, `Off-site`; a smarthost that wants STARTTLS with a right
    /// certificate, and a login. No plan.
    pub fn of(modules: &[(&str, u32)]) -> Self {
        Self::in_cluster(Cluster::start().node(2, "127.0.0.2", "Worker"), modules)
    }

    /// The same in a cluster of your own.
    pub fn in_cluster(cluster: Cluster, modules: &[(&str, u32)]) -> Self {
        for (module, node) in modules {
            cluster.module(module, *node);
        }
        cluster
            .destination(DESTINATION)
            .name("Off-site")
            .provider("backblaze")
            .url("b2:off-site");
        let mail = MailServer::start();
        cluster
            .smarthost("localhost", mail.port("starttls_auth"))
            .encryption("starttls")
            .verified()
            .login(smtp::USER, smtp::PASSWORD);
        let names: Vec<&str> = modules.iter().map(|(module, _)| *module).collect();
        let repositories = Destination::with(&names);
        let others = restic::repository_path("other1");
        let gateway = Gateway::start(
            repositories.root(),
            &[(MODULE_USER, MODULE_PASSWORD, &others)],
        );
        let settings = settings(&gateway);
        Self {
            cluster,
            mail,
            repositories,
            gateway,
            api: None,
            alertmanager: Options::default(),
            settings,
        }
    }

    /// Seven modules in plan 1, `Nightly`, with the errors of its newest run;
    /// who is not named has none.
    pub fn nightly(errors: &[(&str, u32)]) -> Self {
        let world = Self::of(&SEVEN);
        world.plan("1", "Nightly", &SEVEN.map(|(module, _)| module));
        for (module, node) in SEVEN {
            let of_this = errors.iter().find(|(failed, _)| *failed == module);
            world.status(node, "1", module, of_this.map_or(0, |(_, errors)| *errors));
        }
        world
    }

    /// A plan that stores at the destination.
    pub fn plan(&self, id: &str, name: &str, modules: &[&str]) {
        let plan = self.cluster.plan(id, name).not_due_for_hours();
        let plan = plan.destination(DESTINATION);
        plan.instances(modules.iter().copied());
    }

    /// The status of a module after the newest run.
    pub fn status(&self, node: u32, plan: &str, module: &str, errors: u32) {
        let start = last_run();
        self.cluster
            .status_a(node, plan, module, start, start + 90, errors);
    }

    /// Changes the program's configuration.
    pub fn set(mut self, pointer: &str, value: Value) -> Self {
        let (section, key) = pointer.split_once('.').expect("section.key");
        self.settings[section][key] = value;
        self
    }

    /// The program's configuration as it stands.
    pub fn settings(&self) -> Value {
        self.settings.clone()
    }

    /// Any other credentials for the destination.
    pub fn credential(mut self, field: &str, value: &str) -> Self {
        self.settings["destinations"][DESTINATION][field] = json!(value);
        self
    }

    /// Italian mails.
    pub fn italian(self) -> Self {
        self.set("mail.language", json!("it"))
    }

    /// Method `api`: the core's action runs restic as the node's account, with
    /// this restic password.
    pub fn by_api(mut self, password: &str) -> Self {
        let api = ApiServer::start(MODULE_USER, MODULE_PASSWORD);
        let (gateway, password) = (self.gateway.url(), password.to_owned());
        api.act(move |data| read_backup_snapshots(&gateway, &password, data));
        let url = json!(api.url());
        self.api = Some(api);
        self.set("repo_check.method", json!("api"))
            .set("repo_check.api_url", url)
    }

    /// The task API of [`World::by_api`].
    pub fn api(&self) -> &ApiServer {
        self.api.as_ref().expect("by_api")
    }

    /// Starts a second instance of the module, and nothing else.
    pub fn another(&self, module: &str) -> Service {
        let own = self.cluster.redis.address().to_string();
        let ca = self.mail.ca();
        let environment = [
            ("REDIS_REPLICA_ADDRESS", own.as_str()),
            ("REDIS_ADDRESS", &own),
            ("REDIS_USER", MODULE_USER),
            ("REDIS_PASSWORD", MODULE_PASSWORD),
            ("MODULE_ID", module),
            ("NODE_ID", "1"),
            ("SSL_CERT_FILE", ca.to_str().expect("a path in UTF-8")),
        ];
        Service::start(&self.settings.to_string(), &environment)
    }

    /// Starts the program as the agent of its module would, and an
    /// Alertmanager that posts to it.
    pub fn serve(self) -> Case {
        let own = self.cluster.redis.address();
        self.serve_at(&own.to_string())
    }

    /// The same with an Alertmanager that posts what goes on firing again.
    pub fn serve_repeating(mut self, interval: Duration) -> Case {
        self.alertmanager.repeat_interval = interval;
        self.serve()
    }

    /// The same on a node whose own Redis is at `own`.
    pub fn serve_at(self, own: &str) -> Case {
        // The leader's name is in no hosts file here, and is not needed.
        let leader = format!("cluster-leader:{}", self.cluster.redis.address().port());
        self.serve_with(&[
            ("REDIS_ADDRESS", &leader),
            ("REDIS_REPLICA_ADDRESS", own),
            ("REDIS_USER", MODULE_USER),
            ("REDIS_PASSWORD", MODULE_PASSWORD),
            ("MODULE_ID", "backup-monitor1"),
            ("NODE_ID", "1"),
        ])
    }

    /// The same with no environment but this.
    pub fn serve_with(self, environment: &[(&str, &str)]) -> Case {
        let ca = self.mail.ca();
        let trust = [("SSL_CERT_FILE", ca.to_str().expect("a path in UTF-8"))];
        let environment = [environment, &trust].concat();
        // JSON is YAML.
        let service = Service::start(&self.settings.to_string(), &environment);
        let alertmanager = Alertmanager::start(&service.webhook(), &self.alertmanager);
        Case::new(self, service, alertmanager)
    }
}

fn settings(gateway: &Gateway) -> Value {
    json!({
        "mail": {
            "from": "monitor@example.org",
            "to": ["admin@example.org"],
            "timezone": "Europe/Rome",
        },
        "correlator": { "wait_seconds": 0 },
        "repo_check": { "method": "restic", "timeout": 20 },
        "destinations": {
            DESTINATION: {
                "url": gateway.url(),
                "password": restic::PASSWORD,
                "rest_username": NODE.0,
                "rest_password": NODE.1,
            },
        },
        "logging": { "level": "DEBUG" },
    })
}

/// What ns8-core's action of that name does: `restic snapshots` as the node's
/// account; when that fails, Python's words follow restic's.
fn read_backup_snapshots(gateway: &str, password: &str, data: &Value) -> Outcome {
    assert_eq!(data["repository"], DESTINATION);
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let login = format!("http://{}:{}@", encoded(NODE.0), encoded(NODE.1));
    let place = gateway.replace("http://", &login);
    let path = data["path"].as_str().expect("a path");
    let output = Command::new("timeout")
        .args(["30", "restic", "--no-cache", "snapshots", "--json"])
        .env("RESTIC_REPOSITORY", format!("{place}/{path}"))
        .env("RESTIC_PASSWORD", password)
        .output()
        .expect("restic");
    if !output.status.success() {
        let mut error = String::from_utf8_lossy(&output.stderr).into_owned();
        error.push_str(
            "Traceback (most recent call last):\n  File \"50read\", line 38, in <module>\n\
             subprocess.CalledProcessError: Command '['podman', 'run']' returned non-zero exit status 1.\n",
        );
        return Outcome::failed(1, &error);
    }
    let snapshots: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
    let told = snapshots.iter().map(|snapshot| {
        let time: Timestamp = snapshot["time"]
            .as_str()
            .and_then(|time| time.parse().ok())
            .expect("a time");
        json!({ "id": snapshot["id"], "timestamp": time.as_second() })
    });
    Outcome::output(told.collect())
}
