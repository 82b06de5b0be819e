//! From the tree and the environment to the settings, section by section.
//!
//! Every function reads all its keys before it gives up, so that all mistakes
//! come together.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::agent::AgentEnv;
use super::concealed::Secret;
use super::errors::{Notice, Place};
use super::keys::{self, AnyKey, Way};
use super::reader::Reader;
use super::settings::{
    Agent, Config, Correlator, Digest, Listen, Logging, Mail, Notify, Plans, Redis, RepoCheck,
    Transport, Zones,
};
use super::shapes::GivenZones;
use super::words::{FilePath, Line, Whole};
use crate::model::{DestinationId, Encryption, Mailbox, ModuleId, NodeId, PlanId, SmtpSettings};

/// All settings; `None` if any mistake was noted that left a hole.
pub(super) fn config(r: &mut Reader<'_>, env: &AgentEnv) -> Option<Config> {
    let mail = mail(r);
    let receiver = receiver(r, env);
    let correlator = correlator(r);
    let redis = redis(r, env);
    let repo_check = repo_check(r);
    let destinations = destinations(r);
    let poll = r.or_default(&keys::REDIS_POLL);
    let notify = notify(r);
    // Without a mail section there is no configuration, only more mistakes.
    let zone = mail
        .as_ref()
        .map_or(TimeZone::UTC, |mail| mail.timezone.clone());
    let plans = plans(r, &zone);
    let digest = digest(r);
    let missed_grace = r.or_default(&keys::MISSED_GRACE).map(u64::from);
    let zones = zones(r);
    let history_days = r.or_default(&keys::HISTORY_DAYS);
    let alertmanager_url = r.get(&keys::ALERTMANAGER_URL);
    let logging = logging(r);
    let state_dir = state_dir(r, env);
    let agent = agent(r, env);
    Some(Config {
        mail: mail?,
        receiver: receiver?,
        correlator: correlator?,
        redis: redis?,
        poll: poll?,
        repo_check: repo_check?,
        destinations,
        notify: notify?,
        plans,
        digest,
        missed_grace: missed_grace.map(Duration::from_mins)?,
        zones,
        history_days: history_days?,
        alertmanager_url: alertmanager_url.map(|url| url.trim_end_matches('/').to_owned()),
        logging: logging?,
        state_dir: state_dir?,
        agent,
    })
}

fn mail(r: &mut Reader<'_>) -> Option<Mail> {
    let from = r.required(&keys::MAIL_FROM);
    let to = r.required(&keys::MAIL_TO);
    let subject_prefix = r.or_default(&keys::MAIL_SUBJECT_PREFIX);
    let language = r.or_default(&keys::MAIL_LANGUAGE);
    let timezone = r.get(&keys::MAIL_TIMEZONE).unwrap_or_else(own_zone);
    let admin_url = r.get(&keys::MAIL_ADMIN_URL);
    let templates = r.get(&keys::MAIL_TEMPLATES);
    let transport = transport(r);
    Some(Mail {
        from: from?,
        to: distinct(to?),
        subject_prefix: subject_prefix?,
        language: language?,
        timezone,
        admin_url,
        templates,
        transport: transport?,
    })
}

/// The machine's own zone.
fn own_zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

fn distinct(addresses: Vec<Mailbox>) -> Vec<Mailbox> {
    let mut seen = BTreeSet::new();
    addresses
        .into_iter()
        .filter(|address| seen.insert(address.as_str().to_ascii_lowercase()))
        .collect()
}

fn transport(r: &mut Reader<'_>) -> Option<Transport> {
    let way = r.or_default(&keys::MAIL_TRANSPORT);
    let own: [(Way, &str, &[&dyn AnyKey]); 3] = [
        (Way::Smtp, "smtp", SMTP),
        (Way::Sendmail, "sendmail", &[&keys::MAIL_SENDMAIL]),
        (Way::File, "file", &[&keys::MAIL_DIRECTORY]),
    ];
    for (other, name, settings) in own {
        if way != Some(other) {
            let notice = Notice::Unused(format!("mail.transport is not {name}"));
            for key in settings {
                r.idle(*key, &notice);
            }
        }
    }
    match way? {
        Way::Smarthost => Some(Transport::Smarthost),
        Way::Smtp => smtp(r).map(Transport::Smtp),
        Way::Sendmail => r.or_default(&keys::MAIL_SENDMAIL).map(Transport::Sendmail),
        Way::File => r.required(&keys::MAIL_DIRECTORY).map(Transport::File),
    }
}

static SMTP: &[&dyn AnyKey] = &[
    &keys::SMTP_HOST,
    &keys::SMTP_PORT,
    &keys::SMTP_ENCRYPTION,
    &keys::SMTP_USERNAME,
    &keys::SMTP_PASSWORD,
    &keys::SMTP_PASSWORD_FILE,
    &keys::SMTP_TLS_VERIFY,
    &keys::SMTP_CA_FILE,
];

fn smtp(r: &mut Reader<'_>) -> Option<SmtpSettings> {
    let host = r.required(&keys::SMTP_HOST);
    let encryption = r.or_default(&keys::SMTP_ENCRYPTION);
    let port = r.get(&keys::SMTP_PORT);
    let passwords = [keys::SMTP_PASSWORD.path, keys::SMTP_PASSWORD_FILE.path];
    r.needs(keys::SMTP_USERNAME.path, &passwords);
    for password in passwords {
        r.needs(password, &[keys::SMTP_USERNAME.path]);
    }
    let username = r.get(&keys::SMTP_USERNAME);
    let password = r.secret(&keys::SMTP_PASSWORD, &keys::SMTP_PASSWORD_FILE);
    let tls_verify = r.or_default(&keys::SMTP_TLS_VERIFY);
    let ca_file = r.get(&keys::SMTP_CA_FILE);
    let encryption = encryption?;
    Some(SmtpSettings {
        host: host?,
        port: port.unwrap_or(usual_port(encryption)),
        login: username.zip(password),
        encryption,
        tls_verify: tls_verify?,
        ca_file,
    })
}

/// RFC 5321 for plain relaying, RFC 6409 and RFC 8314 for submission.
pub(super) fn usual_port(encryption: Encryption) -> u16 {
    match encryption {
        Encryption::None => 25,
        Encryption::Starttls => 587,
        Encryption::Tls => 465,
    }
}

fn receiver(r: &mut Reader<'_>, env: &AgentEnv) -> Option<Listen> {
    let host = r.or_default(&keys::RECEIVER_HOST);
    let given = r.env(
        &keys::RECEIVER_PORT.form,
        "TCP_PORT",
        env.tcp_port.as_deref(),
    );
    let port = match given {
        Some(port) if !r.is_set(keys::RECEIVER_PORT.path) => Some(port),
        _ => r.or_default(&keys::RECEIVER_PORT),
    };
    let token = r.secret(&keys::RECEIVER_TOKEN, &keys::RECEIVER_TOKEN_FILE);
    let alert_names = r.or_default(&keys::RECEIVER_ALERT_NAMES);
    if token.is_none() && host.is_some_and(|host: IpAddr| !host.is_loopback()) {
        let key = keys::RECEIVER_HOST.path;
        r.warn(r.place(key), key, Notice::OpenWithoutToken);
    }
    Some(Listen {
        host: host?,
        port: port?,
        token,
        alert_names: alert_names?,
    })
}

fn correlator(r: &mut Reader<'_>) -> Option<Correlator> {
    let wait = r.or_default(&keys::CORRELATOR_WAIT);
    let recent_window = r.or_default(&keys::CORRELATOR_WINDOW);
    let max_wait = r.or_default(&keys::CORRELATOR_MAX_WAIT);
    Some(Correlator {
        wait: wait?,
        recent_window: recent_window?,
        max_wait: max_wait?,
    })
}

fn redis(r: &mut Reader<'_>, env: &AgentEnv) -> Option<Redis> {
    let (socket, address, replica) = (
        &keys::REDIS_SOCKET,
        &keys::REDIS_ADDRESS,
        &keys::REDIS_REPLICA,
    );
    r.exclusive(socket.path, address.path);
    r.exclusive(socket.path, replica.path);
    let in_file = (r.get(address), r.get(replica));
    let in_env = (
        r.env(&address.form, "REDIS_ADDRESS", env.redis_address.as_deref()),
        r.env(
            &replica.form,
            "REDIS_REPLICA_ADDRESS",
            env.redis_replica_address.as_deref(),
        ),
    );
    if r.is_set(socket.path) {
        return r.get(socket).map(Redis::Socket);
    }
    // The two addresses belong together: one of the file never meets one of
    // the agent.
    let (leader, own) = if r.is_set(address.path) || r.is_set(replica.path) {
        in_file
    } else {
        in_env
    };
    let Some(port) = leader.as_ref().or(own.as_ref()).map(|(_, port)| *port) else {
        return r.default(socket).map(Redis::Socket);
    };
    let (host, own_port) = own.unwrap_or_else(|| ("127.0.0.1".to_owned(), port));
    let own = if host.contains(':') {
        format!("[{host}]:{own_port}")
    } else {
        format!("{host}:{own_port}")
    };
    Some(Redis::Tcp { own, port })
}

fn repo_check(r: &mut Reader<'_>) -> Option<RepoCheck> {
    let method = r.or_default(&keys::CHECK_METHOD);
    let timeout = r.or_default(&keys::CHECK_TIMEOUT);
    let concurrency = r.or_default(&keys::CHECK_CONCURRENCY);
    let max_per_report = r.or_default(&keys::CHECK_MAX);
    let restic_flags = r.or_default(&keys::CHECK_FLAGS);
    let restic = r.or_default(&keys::CHECK_RESTIC);
    let api_url = r.or_default(&keys::CHECK_API_URL);
    Some(RepoCheck {
        method: method?,
        timeout: timeout?,
        concurrency: usize::try_from(concurrency?).ok()?,
        max_per_report: usize::try_from(max_per_report?).ok()?,
        restic_flags: restic_flags?,
        restic: restic?,
        api_url: api_url?,
    })
}

fn destinations(r: &mut Reader<'_>) -> BTreeMap<DestinationId, BTreeMap<String, SecretString>> {
    let found = r.each(&keys::DESTINATION);
    r.inline_secret |= !found.is_empty();
    found
        .into_iter()
        .map(|(id, fields)| {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            (DestinationId::from(id), fields)
        })
        .collect()
}

fn notify(r: &mut Reader<'_>) -> Option<Notify> {
    let on = r.or_default(&keys::NOTIFY_ON);
    let hours = r.or_default(&keys::NOTIFY_REMINDER);
    Some(Notify {
        on: on?,
        reminder: Duration::from_hours(hours?.into()),
    })
}

/// `zone` is that of the mails.
fn plans(r: &mut Reader<'_>, zone: &TimeZone) -> Plans {
    let mut plans = Plans::new();
    for (id, to) in r.each(&keys::PLAN_TO) {
        plans.entry(PlanId::from(id)).or_default().to = distinct(to);
    }
    for (id, on) in r.each(&keys::PLAN_NOTIFY_ON) {
        plans.entry(PlanId::from(id)).or_default().notify_on = Some(on);
    }
    for (id, until) in r.each(&keys::PLAN_MUTE_UNTIL) {
        plans.entry(PlanId::from(id)).or_default().mute_until = Some(until.instant(zone));
    }
    plans
}

fn digest(r: &mut Reader<'_>) -> Option<Digest> {
    if !r.or_default(&keys::DIGEST_ENABLED)? {
        let notice = Notice::Unused("digest.enabled is not true".to_owned());
        r.idle(&keys::DIGEST_WEEKDAY, &notice);
        r.idle(&keys::DIGEST_HOUR, &notice);
        return None;
    }
    let weekday = r.or_default(&keys::DIGEST_WEEKDAY);
    let hour = r.or_default(&keys::DIGEST_HOUR);
    Some(Digest {
        weekday: weekday?,
        hour: i8::try_from(hour?).ok()?,
    })
}

fn zones(r: &mut Reader<'_>) -> Zones {
    let (everywhere, nodes) = match r.get(&keys::SCHEDULE_TIMEZONE) {
        None => (None, BTreeMap::new()),
        Some(GivenZones::Everywhere(zone)) => (Some(zone), BTreeMap::new()),
        Some(GivenZones::Nodes(nodes)) => (None, nodes),
    };
    Zones {
        own: own_zone(),
        everywhere,
        nodes,
    }
}

fn logging(r: &mut Reader<'_>) -> Option<Logging> {
    let level = r.or_default(&keys::LOGGING_LEVEL);
    let file = r.or_default(&keys::LOGGING_FILE);
    Some(Logging {
        level: level?,
        file: file?,
    })
}

fn state_dir(r: &mut Reader<'_>, env: &AgentEnv) -> Option<PathBuf> {
    // systemd lists several directories with colons; the first is the unit's.
    let given = env
        .state_directory
        .as_deref()
        .and_then(|all| all.split(':').next());
    let given = r.env(&FilePath, "STATE_DIRECTORY", given);
    match given {
        Some(path) if !r.is_set(keys::STATE_DIR.path) => Some(path),
        _ => r.or_default(&keys::STATE_DIR),
    }
}

fn agent(r: &mut Reader<'_>, env: &AgentEnv) -> Agent {
    let name = Line { min: 1, max: 200 };
    let number = Whole {
        min: 1,
        max: u32::MAX,
        unit: "",
    };
    let module = r.env(&name, "MODULE_ID", env.module_id.as_deref());
    let node = r.env(&number, "NODE_ID", env.node_id.as_deref());
    let user = r.env(&name, "REDIS_USER", env.redis_user.as_deref());
    let password = r.env(&Secret, "REDIS_PASSWORD", env.redis_password.as_deref());
    if env.redis_user.is_some() != env.redis_password.is_some() {
        r.warn(Place::Environment, "REDIS_USER", Notice::HalfAccount);
    }
    Agent {
        module: module.map(ModuleId::new),
        node: node.map(NodeId),
        account: user.zip(password),
    }
}
