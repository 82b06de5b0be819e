//! A real Redis with NS8's own users, and a cluster's keys in it.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::config;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::process::{Server, free_port, wait_for_port};
use super::resp::{Resp, RespClient};

/// The user that may do everything, as which fixtures are written.
pub const CLUSTER_PASSWORD: &str = "cluster-pw-4711";
/// The module's own account.
pub const MODULE_USER: &str = "module/backup-monitor1";
/// And its password.
pub const MODULE_PASSWORD: &str = "module-pw-0815";

/// The accounts of nodes 1 and 2.
pub const NODE_PASSWORD: &str = "node-pw";

/// The rules as ns8-core sets them: `node/install-finalize.sh` (default,
/// cluster, node) and `cluster/actions/add-module/50update` (modules).
fn users() -> String {
    let nodes = [1, 2].map(|node| {
        format!(
            "user node/{node} reset on >{NODE_PASSWORD} ~node/{node}/* ~task/node/{node}/* \
             %R~private/nodes/* %R~private/agents/* %R~cluster/* %R~node/* %R~module/* \
             resetchannels &progress/node/{node}/* &node/{node}/event/* \
             nocommands +@read +@write +@transaction +@connection +publish +psync +replconf \
             -@admin\n"
        )
    });
    let nodes = nodes.concat();
    format!(
        "user default reset on nopass ~cluster/* ~node/* ~module/* &* \
         nocommands +@read +@connection +subscribe +psubscribe -@admin\n\
         user {MODULE_USER} reset on >{MODULE_PASSWORD} \
         ~{MODULE_USER}/* ~task/{MODULE_USER}/* %R~cluster/* %R~node/* %R~module/* \
         %R~private/agents/* resetchannels &progress/{MODULE_USER}/* &{MODULE_USER}/event/* \
         nocommands +@read +@write +@transaction +@connection +publish -@admin\n\
         {nodes}\
         user cluster reset on >{CLUSTER_PASSWORD} ~* &* +@all\n"
    )
}

/// A redis-server on TCP and on a Unix socket, without persistence.
pub struct RedisServer {
    folder: TempDir,
    address: SocketAddr,
    server: Server,
}

impl RedisServer {
    /// On 127.0.0.1 and a free port.
    pub fn start() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, free_port())
    }

    /// On any loopback address: nodes of a cluster share the port.
    pub fn start_at(ip: Ipv4Addr, port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = SocketAddr::new(IpAddr::V4(ip), port);
        let config = format!(
            "bind {ip}\nport {port}\nunixsocket {path}/redis.sock\ndir {path}\n\
             save \"\"\nappendonly no\ndaemonize no\n{users}",
            path = folder.path().display(),
            users = users(),
        );
        std::fs::write(folder.path().join("redis.conf"), config).expect("redis.conf");
        let server = launch(&folder, address);
        Self {
            folder,
            address,
            server,
        }
    }

    /// Its TCP address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Ends it as a crash would; all keys are lost but those of the last `SAVE`.
    pub fn crash(&mut self) {
        self.server.kill();
    }

    /// Starts it again at the same address, with what the last `SAVE` saw.
    pub fn restart(&mut self) {
        self.crash();
        let _ = std::fs::remove_file(self.socket());
        self.server = launch(&self.folder, self.address);
    }

    /// Makes it accept connections and answer nothing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.server.pid())
            .ok()
            .and_then(Pid::from_raw);
        kill_process(pid.expect("a pid"), signal).expect("redis lives");
    }

    /// A connection as user `cluster`.
    pub fn admin(&self) -> RespClient {
        self.login("cluster", CLUSTER_PASSWORD)
    }

    /// A connection as this user.
    pub fn login(&self, user: &str, password: &str) -> RespClient {
        let mut client = RespClient::connect(self.address);
        let login = client.command(&["AUTH", user, password]);
        assert_eq!(login.text(), "OK");
        client
    }
}

fn launch(folder: &TempDir, address: SocketAddr) -> Server {
    let mut command = Command::new("redis-server");
    command.arg(folder.path().join("redis.conf"));
    let server = Server::start(&mut command, &folder.path().join("redis.log"));
    wait_for_port(address);
    server
}

/// A cluster in a Redis of its own. Every method writes at once, so keys can be
/// changed at any time.
///
/// ```ignore
/// let cluster = Cluster::start();
/// cluster.module("mail1", 1).module("nextcloud1", 2);
/// cluster.destination("d-1").name("NAS").url("s3:nas/backup");
/// cluster.plan("1", "Nightly").destination("d-1").instances(["mail1", "nextcloud1"]);
/// cluster.status_a(1, "1", "mail1", start, end, 0);
/// ```
pub struct Cluster {
    /// The server.
    pub redis: RedisServer,
    admin: RefCell<RespClient>,
}

impl Cluster {
    /// One node, which leads, at 127.0.0.1.
    pub fn start() -> Self {
        let cluster = Self::empty(RedisServer::start());
        cluster.set("cluster/uuid", "6f1f0c9a-0000-4000-8000-000000000001");
        cluster.set("cluster/ui_name", "Test cluster");
        cluster.node(1, "127.0.0.1", "Leader").leader(1)
    }

    /// No key at all.
    pub fn empty(redis: RedisServer) -> Self {
        let admin = RefCell::new(redis.admin());
        Self { redis, admin }
    }

    /// Starts its Redis again with the keys that it had at the last `SAVE`.
    pub fn restart(&mut self) {
        self.redis.restart();
        self.admin.replace(self.redis.admin());
    }

    /// How to reach it over TCP.
    pub fn tcp(&self) -> config::Redis {
        let address = self.redis.address();
        config::Redis::Tcp {
            own: address.to_string(),
            port: address.port(),
        }
    }

    /// How to reach it by its socket.
    pub fn socket(&self) -> config::Redis {
        config::Redis::Socket(self.redis.socket())
    }

    /// Any command as user `cluster`; it must not fail.
    pub fn command(&self, words: &[&str]) -> Resp {
        let reply = self.admin.borrow_mut().command(words);
        assert!(!matches!(reply, Resp::Error(_)), "{words:?}: {reply:?}");
        reply
    }

    /// Many commands quickly.
    pub fn bulk(&self, commands: &[Vec<String>]) {
        self.admin.borrow_mut().pipeline(commands);
    }

    /// A STRING.
    pub fn set(&self, key: &str, value: &str) {
        self.command(&["SET", key, value]);
    }

    /// One field of a HASH.
    pub fn hset(&self, key: &str, field: &str, value: &str) {
        self.command(&["HSET", key, field, value]);
    }

    /// Removes a key.
    pub fn del(&self, key: &str) {
        self.command(&["DEL", key]);
    }

    /// A node with its VPN address and label.
    pub fn node(self, node: u32, vpn: &str, label: &str) -> Self {
        self.hset(&format!("node/{node}/vpn"), "ip_address", vpn);
        self.set(&format!("node/{node}/ui_name"), label);
        self
    }

    /// Says which node leads.
    pub fn leader(self, node: u32) -> Self {
        self.hset("cluster/environment", "NODE_ID", &node.to_string());
        self
    }

    /// A live module; its UUID is `uuid-<id>`.
    pub fn module(&self, id: &str, node: u32) -> &Self {
        self.hset("cluster/module_uuid", id, &format!("uuid-{id}"));
        self.hset("cluster/module_node", id, &node.to_string());
        self
    }

    /// The label of a module.
    pub fn module_label(&self, id: &str, label: &str) {
        self.set(&format!("module/{id}/ui_name"), label);
    }

    /// Puts one more flag on a module.
    pub fn flag(&self, module: &str, flag: &str) {
        self.command(&["SADD", &format!("module/{module}/flags"), flag]);
    }

    /// The instance of the application that speaks for the cluster.
    pub fn voice(&self, module: &str) {
        self.set("cluster/default_instance/backup-monitor", module);
    }

    /// An enabled plan, daily at 02:00, without `instances`: as up to core 3.19
    /// until [`Plan::instances`] is called.
    pub fn plan(&self, id: &str, name: &str) -> Plan<'_> {
        let plan = Plan {
            cluster: self,
            key: format!("cluster/backup/{id}"),
        };
        plan.field("name", name)
            .field("enabled", "1")
            .field("retention", "7")
            .field("schedule", "*-*-* 02:00:00")
    }

    /// A destination named after its id.
    pub fn destination(&self, id: &str) -> Destination<'_> {
        let destination = Destination {
            cluster: self,
            key: format!("cluster/backup_repository/{id}"),
        };
        destination
            .field("name", id)
            .field("provider", "generic-s3")
            .field("url", "s3:storage.example.org/backup")
    }

    /// A status of layout A, seconds since 1970.
    pub fn status_a(&self, node: u32, plan: &str, module: &str, start: i64, end: i64, errors: u32) {
        let text = format!(
            r#"{{"start": {start}, "end": {end}, "total_size": 1000000, "total_file_count": 100, "snapshots_count": 1, "errors": {errors}}}"#
        );
        self.status_a_raw(node, plan, module, &text);
    }

    /// Whatever stands there instead of a status of layout A.
    pub fn status_a_raw(&self, node: u32, plan: &str, module: &str, text: &str) {
        self.hset(&format!("node/{node}/backup_status/{plan}"), module, text);
    }

    /// A status of layout B.
    pub fn status_b(&self, plan: &str, module: &str, start: i64, end: i64, errors: u32) {
        let key = format!("module/{module}/backup_status/{plan}");
        self.hset(&key, "start", &start.to_string());
        self.hset(&key, "end", &end.to_string());
        self.hset(&key, "errors", &errors.to_string());
        self.hset(&key, "total_size", "1000000");
        self.hset(&key, "total_file_count", "100");
    }

    /// Makes a module a member of a plan as up to core 3.19.
    pub fn member_b(&self, plan: &str, module: &str) {
        self.command(&["SADD", &format!("module/{module}/backups"), plan]);
    }

    /// A status of layout C; `error` empty leaves that field out.
    pub fn status_c(&self, plan: &str, module: &str, result: &str, timestamp: &str, error: &str) {
        let key = format!("module/{module}/backup/{plan}/status");
        self.hset(&key, "result", result);
        self.hset(&key, "timestamp", timestamp);
        if !error.is_empty() {
            self.hset(&key, "error", error);
        }
    }

    /// A plan-level status of layout C.
    pub fn plan_status_c(&self, plan: &str, result: &str, timestamp: &str, errors: u32) {
        let key = format!("cluster/backup/{plan}/status");
        self.hset(&key, "result", result);
        self.hset(&key, "timestamp", timestamp);
        self.hset(&key, "errors", &errors.to_string());
    }

    /// A smarthost in use, without login, encryption and checks.
    pub fn smarthost(&self, host: &str, port: u16) -> Smarthost<'_> {
        let smarthost = Smarthost { cluster: self };
        smarthost
            .field("host", host)
            .field("port", &port.to_string())
            .field("username", "")
            .field("password", "")
            .field("enabled", "1")
            .field("encrypt_smtp", "none")
            .field("tls_verify", "0")
    }
}

/// A plan that is being written.
pub struct Plan<'a> {
    cluster: &'a Cluster,
    key: String,
}

impl Plan<'_> {
    /// Any field.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.cluster.hset(&self.key, name, value);
        self
    }

    /// Where it stores.
    pub fn destination(self, id: &str) -> Self {
        self.field("repository", id)
    }

    /// Its members, as core 3.20 and newer write them.
    pub fn instances<'s>(self, ids: impl IntoIterator<Item = &'s str>) -> Self {
        let ids: Vec<&str> = ids.into_iter().collect();
        self.field("instances", &ids.join(" "))
    }

    /// systemd `OnCalendar` text.
    pub fn schedule(self, schedule: &str) -> Self {
        self.field("schedule", schedule)
    }

    /// A daily elapse that is hours away, and no whole quarter of an hour from
    /// half an hour ago: what tests write as the newest run was never due, and
    /// teaches nothing about zones, at whatever hour they run.
    pub fn not_due_for_hours(self) -> Self {
        let at = Timestamp::now() + SignedDuration::from_mins(7 * 60 + 7);
        let schedule = at.strftime("*-*-* %H:%M:30 UTC").to_string();
        self.schedule(&schedule)
    }

    /// Switches it off.
    pub fn disabled(self) -> Self {
        self.field("enabled", "")
    }
}

/// A destination that is being written.
pub struct Destination<'a> {
    cluster: &'a Cluster,
    key: String,
}

impl Destination<'_> {
    /// Any field, a secret of the older cores too.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.cluster.hset(&self.key, name, value);
        self
    }

    /// Its label.
    pub fn name(self, name: &str) -> Self {
        self.field("name", name)
    }

    /// Its kind.
    pub fn provider(self, provider: &str) -> Self {
        self.field("provider", provider)
    }

    /// Its address.
    pub fn url(self, url: &str) -> Self {
        self.field("url", url)
    }
}

/// A smarthost that is being written.
pub struct Smarthost<'a> {
    cluster: &'a Cluster,
}

impl Smarthost<'_> {
    /// Any field.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.cluster.hset("cluster/smarthost", name, value);
        self
    }

    /// With user and password.
    pub fn login(self, user: &str, password: &str) -> Self {
        self.field("username", user).field("password", password)
    }

    /// `none`, `starttls` or `tls`.
    pub fn encryption(self, mode: &str) -> Self {
        self.field("encrypt_smtp", mode)
    }

    /// With a certificate that must be right.
    pub fn verified(self) -> Self {
        self.field("tls_verify", "1")
    }
}
