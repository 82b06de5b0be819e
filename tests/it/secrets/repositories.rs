//! Credentials of destinations in all their places, and the smarthost's.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{
    TOKEN, WRONG_TOKEN, ask_every_route, cluster, odd, reload, run_every_command, search_mails,
    search_what_is_left, settings, tell,
};
use crate::crash::{failed_plan, pending};
use crate::probe::support;
use crate::support::gateway::Gateway;
use crate::support::http::Recorder;
use crate::support::leaks::{Search, Watch};
use crate::support::process::wait_until;
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER};
use crate::support::restic::{PASSWORD, PATH, Repository};
use crate::support::service::Service;
use crate::support::smtp::{self, MailServer};

/// Runs of letters and digits, each in one secret.
const CORES: [&str; 16] = [
    "ResticOfTheFile1",
    "ResticOfTheHash2",
    "ResticOfTheAgents3",
    "ResticOfTheTalker4",
    "KeyOfTheHash5",
    "SecretOfTheHash6",
    "KeyOfTheTalker7",
    "AzureKeyUnused8",
    "B2KeyUnused9",
    "GatewayRefused10",
    "GatewayForbidden11",
    "SmbPassword12",
    "RcloneConfigPass13",
    "SmarthostWrong14",
    "UserinfoInRedis15",
    "SignatureInRedis16",
];

/// One plan for each.
const DESTINATIONS: [&str; 9] = [
    "file",
    "hash",
    "agents",
    "refused",
    "forbidden",
    "smb",
    "rclone",
    "talker",
    "good",
];
const PLANS: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];

struct World {
    cluster: Cluster,
    mail: MailServer,
    repository: Repository,
    gateway: Gateway,
    storage: Recorder,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let (cluster, mail, repository) = (cluster(), MailServer::start(), Repository::new());
        let modules = [
            ("module/mail1", "mail-pw", PATH),
            ("module/web1", "GatewayForbidden11", "web/other"),
        ];
        let gateway = Gateway::start(repository.root(), &modules);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("talkative")).unwrap();
        let world = Self {
            cluster,
            mail,
            repository,
            gateway,
            storage: Recorder::start(&[403]),
            folder,
        };
        world.plant_in_redis();
        world
    }

    fn plant_in_redis(&self) {
        let cluster = &self.cluster;
        let smarthost = cluster.smarthost("127.0.0.1", self.mail.port("plain_echo"));
        smarthost.login("rig@example.org", &odd("SmarthostWrong14"));
        cluster
            .destination("hash")
            .url(&format!("s3:http://{}/bucket", self.storage.address()))
            .field("password", &odd("ResticOfTheHash2"))
            .field("aws_access_key_id", &odd("KeyOfTheHash5"))
            .field("aws_secret_access_key", &odd("SecretOfTheHash6"));
        cluster
            .destination("agents")
            .url(&format!("local:{}", self.repository.root().display()));
        let key = "private/agents/backup_destination/restic_password";
        cluster.hset(key, "agents", &odd("ResticOfTheAgents3"));
        let url = "rest:http://me:UserinfoInRedis15@nas.invalid/x?sig=SignatureInRedis16";
        for id in ["file", "refused", "forbidden", "smb", "rclone", "good"] {
            cluster.destination(id).url(url);
        }
        cluster.destination("talker").url("s3:nowhere.invalid/x");
        for (plan, id) in PLANS.iter().zip(DESTINATIONS) {
            failed_plan(cluster, plan, id);
        }
    }

    fn talkative(&self) -> String {
        self.folder.path().join("talkative").display().to_string()
    }

    /// The address of the gateway with an account in it.
    fn gateway(&self, account: &str) -> String {
        self.gateway.url().replace("://", &format!("://{account}@"))
    }

    fn configuration(&self, log: &Path) -> Value {
        let talkative = self.talkative();
        let rclone = format!(
            "[nas]\ntype = webdav\nurl = http://{}\nvendor = other\nuser = me\npass = RcloneConfigPass13\n",
            self.storage.address()
        );
        let mut settings = settings(&self.cluster, log);
        settings["repo_check"] = json!({
            "method": "restic",
            "restic": support("talkative_restic.sh"),
            "timeout": 10,
        });
        settings["destinations"] = json!({
            "file": {
                "url": format!("local:{}", self.repository.root().display()),
                "password": odd("ResticOfTheFile1"),
                "azure_account_key": odd("AzureKeyUnused8"),
                "b2_account_key": odd("B2KeyUnused9"),
            },
            "refused": {"url": self.gateway("module%2Fmail1:GatewayRefused10"), "password": PASSWORD},
            "forbidden": {"url": self.gateway("module%2Fweb1:GatewayForbidden11"), "password": PASSWORD},
            "smb": {
                "url": format!("smb:{talkative}"),
                "password": PASSWORD,
                "smb_host": "nas.invalid",
                "smb_user": "me",
                "smb_pass": odd("SmbPassword12"),
            },
            "rclone": {"url": "rclone:nas:x", "password": PASSWORD, "rclone_config": rclone},
            "talker": {
                "url": format!("s3:http://{}{talkative}", self.storage.address()),
                "password": odd("ResticOfTheTalker4"),
                "aws_access_key_id": "id",
                "aws_secret_access_key": odd("KeyOfTheTalker7"),
            },
            "good": {"url": format!("local:{}", self.repository.root().display()), "password": PASSWORD},
        });
        settings
    }
}

#[test]
fn no_credential_of_a_destination_or_of_the_smarthost_gets_out() {
    let world = World::new();
    let watch = Watch::start();
    let mut search = Search::default();
    let given = [
        PASSWORD,
        MODULE_PASSWORD,
        smtp::PASSWORD,
        TOKEN,
        WRONG_TOKEN,
    ];
    for core in CORES.iter().chain(&given) {
        search.secret(core);
    }
    let log = world.folder.path().join("service.log");
    let configuration = world.configuration(&log);
    let account = [
        ("REDIS_USER", MODULE_USER),
        ("REDIS_PASSWORD", MODULE_PASSWORD),
    ];
    let mut service = Service::start(&configuration.to_string(), &account);
    ask_every_route(&service, &mut search);
    tell(&service, &PLANS, &mut search);
    // The server repeats the password that it refuses.
    wait_until("a refused login", || {
        service.log().contains("wrong: [password]")
    });
    run_every_command(&service, "0", &mut search);
    ask_every_route(&service, &mut search);
    let mails = world.let_the_mails_out(&service, &mut search);
    change_the_configuration(&service, configuration);

    search_what_is_left(&mut service, &mut search);
    watch.end(&mut search);
    search.place("the log file", fs::read(&log).unwrap());
    // rclone's own form of a password is as good as the password.
    let hidden = fs::read_to_string(world.folder.path().join("talkative/told")).unwrap();
    for form in hidden.lines() {
        search.secret(form);
    }
    assert!(mails >= PLANS.len());
    assert!(search.finds("snapshots\0"), "restic was not seen");
    for cause in ["wrong_password", "forbidden", "reachable", "\"error\""] {
        assert!(search.finds(cause), "nothing ended as {cause}");
    }
    search.nothing_is_found();
}

impl World {
    /// Gives the smarthost its right password.
    fn let_the_mails_out(&self, service: &Service, search: &mut Search) -> usize {
        let smarthost = self
            .cluster
            .smarthost("127.0.0.1", self.mail.port("plain_auth"));
        smarthost.login(smtp::USER, smtp::PASSWORD);
        wait_until("the mails", || pending(service).deliveries == 0);
        let command = ["test-mail"];
        search.output(&command, &service.run(&command));
        search_mails(&self.mail, search)
    }
}

/// Makes a mistake in the line of a secret, and takes it back.
fn change_the_configuration(service: &Service, configuration: Value) {
    let good = configuration.to_string();
    let mut broken = configuration;
    broken["destinations"]["file"]["password"] = json!([odd("ResticOfTheFile1")]);
    let broken = broken.to_string();
    reload(service, &broken, "the new configuration is wrong");
    reload(service, &good, "the new configuration is in force");
}
