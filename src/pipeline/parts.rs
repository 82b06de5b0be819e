//! Everything that one configuration decides, built at once, so that a reload
//! replaces all of it or nothing.

use std::sync::Arc;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::warn;

use super::adapters::{CredentialStore, Snapshots};
use super::outgoing::Outgoing;
use crate::cluster::{
    AccountReader, Alertmanager, AlertmanagerError, ClusterReader, RedisReader, TaskApi,
};
use crate::config::{self, Config, Redis};
use crate::correlator::Rules;
use crate::model::{OutgoingMail, ProbeMethod, Report, SkipReason};
use crate::notifier::{
    ComposeError, Envelope, RenderError, Templates, compose, message_id, recipients, thread_id,
};
use crate::repo_check::{self, Access, Facts, Prober, SnapshotAction};

/// The rooms' parts, made from one configuration.
pub struct Parts {
    /// The configuration they were made from.
    pub config: Config,
    /// Reads the cluster.
    pub reader: Arc<dyn ClusterReader>,
    /// Where its events are subscribed to; `None`: what is read is no live
    /// cluster, and nothing happens in it.
    pub events_at: Option<Redis>,
    /// Asks repositories, or why nobody does.
    pub prober: Result<Arc<dyn Prober>, (ProbeMethod, SkipReason)>,
    /// Sends mails.
    pub outgoing: Outgoing,
    /// Writes mails.
    pub templates: Templates,
    /// Says which alerts are on, where the configuration names it.
    pub alertmanager: Option<Alertmanager>,
    tasks: Option<Arc<TaskApi>>,
}

/// A configuration that passed its check and still cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The built-in templates are broken: a fault of this program.
    #[error("the built-in mail templates are broken: {0}")]
    Templates(#[from] RenderError),
    /// The task API's client cannot be made.
    #[error("the client of NS8's task API cannot be made: {0}")]
    TaskApi(String),
    /// The client of `alertmanager.url` cannot be made.
    #[error("alertmanager.url cannot be asked: {0}")]
    Alertmanager(#[from] AlertmanagerError),
}

/// A mail that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It cannot be written.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// It cannot be put together.
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

impl Parts {
    /// Makes the parts for the cluster that the configuration names. Connects
    /// to nothing yet.
    pub fn build(config: Config) -> Result<Self, PartsError> {
        Self::live(config, None)
    }

    /// Makes the parts for a cluster that `reader` reads.
    pub fn with_reader(config: Config, reader: Arc<dyn ClusterReader>) -> Result<Self, PartsError> {
        Self::assemble(config, reader, None)
    }

    /// Makes the parts that take these ones' place at a reload. The client of
    /// the task API is kept while server and account stay: it remembers which
    /// of our tasks still live in the cluster, and with it goes how many may.
    /// The smarthost is kept too, for as long as the cluster cannot be read.
    pub fn successor(&self, config: Config) -> Result<Self, PartsError> {
        let tasks = self
            .tasks
            .clone()
            .filter(|_| TaskClient::of(&config) == TaskClient::of(&self.config));
        let kept = tasks.as_ref().map(|tasks| tasks.max_tasks());
        let parts = Self::live(config, tasks)?;
        let most = parts.config.repo_check.concurrency;
        if parts.asks_by(ProbeMethod::Api) && kept.is_some_and(|kept| kept != most) {
            warn!("a change of repo_check.concurrency needs a restart");
        }
        parts.outgoing.remember(&self.outgoing);
        Ok(parts)
    }

    fn asks_by(&self, method: ProbeMethod) -> bool {
        self.prober
            .as_ref()
            .is_ok_and(|prober| prober.method() == method)
    }

    fn live(config: Config, tasks: Option<Arc<TaskApi>>) -> Result<Self, PartsError> {
        let reader = Arc::new(RedisReader::new(&config.redis));
        let events_at = Some(config.redis.clone());
        Ok(Self {
            events_at,
            ..Self::assemble(config, reader, tasks)?
        })
    }

    fn assemble(
        config: Config,
        reader: Arc<dyn ClusterReader>,
        tasks: Option<Arc<TaskApi>>,
    ) -> Result<Self, PartsError> {
        let (templates, warnings) = Templates::load(config.mail.templates.as_deref())?;
        for warning in warnings {
            warn!(%warning, "using the built-in mail template instead of yours");
        }
        let tasks = match (tasks, TaskClient::of(&config)) {
            (Some(tasks), _) => Some(tasks),
            (None, Some(client)) => Some(Arc::new(client.connect(config.repo_check.concurrency)?)),
            (None, None) => None,
        };
        let url = config.alertmanager_url.as_deref();
        Ok(Self {
            alertmanager: url.map(Alertmanager::new).transpose()?,
            prober: prober(&config, tasks.clone()),
            outgoing: Outgoing::new(config.mail.transport.clone(), Arc::clone(&reader)),
            reader,
            events_at: None,
            templates,
            tasks,
            config,
        })
    }

    /// The mails for a report. `key` tells mails of one report apart; the same
    /// report and key give the same `Message-ID`.
    pub fn mails(
        &self,
        report: &Report,
        instance: &str,
        key: &str,
    ) -> Result<Vec<OutgoingMail>, MailError> {
        let mail = &self.config.mail;
        let to = recipients(report, mail, &self.config.plans);
        let rendered = self.templates.render(report, mail)?;
        for warning in rendered.warnings {
            warn!(%warning, "using the built-in mail template instead of yours");
        }
        let plan = report.plan.as_ref().map(|plan| &plan.id);
        let key = format!("{:?} {plan:?} {} {key}", report.kind, report.run);
        let domain = mail.from.domain();
        let first = report.thread.as_ref().unwrap_or(&report.run);
        let envelope = Envelope {
            message_id: &message_id(instance, &key, domain),
            date: report.made_at,
            from: &mail.from,
            to: &to,
            thread: Some(&thread_id(instance, plan, first, domain)),
        };
        Ok(vec![compose(&rendered.body, &envelope)?])
    }
}

impl Parts {
    /// How long runs are waited for, and where elapses lie.
    pub fn rules(&self) -> Rules {
        let config = &self.config;
        Rules {
            wait: config.correlator.wait,
            max_wait: config.correlator.max_wait,
            grace: config.missed_grace,
            recent_window: config.correlator.recent_window,
            poll: config.poll,
            own_zone: config.zones.own.clone(),
            zone: config.zones.everywhere.clone(),
            zones: config.zones.nodes.clone(),
            own_node: config.agent.node,
            module: config.agent.module.clone(),
        }
    }

    /// The text form of a report, for a terminal, in the language of `mail`.
    pub fn text(&self, report: &Report, mail: &config::Mail) -> Result<String, RenderError> {
        let rendered = self.templates.render(report, mail)?;
        Ok(rendered.body.text)
    }

    /// A test mail that says through what it was sent.
    pub fn test_mail(&self, way: &str, now: Timestamp) -> Result<OutgoingMail, MailError> {
        let mail = &self.config.mail;
        let rendered = self.templates.test_message(mail, None, way, now)?;
        let key = format!("test {now} {}", fastrand::u64(..));
        let envelope = Envelope {
            message_id: &message_id("test", &key, mail.from.domain()),
            date: now,
            from: &mail.from,
            to: &mail.to,
            thread: None,
        };
        Ok(compose(&rendered.body, &envelope)?)
    }
}

/// Whom a client of the task API talks to, and as whom.
#[derive(PartialEq, Eq)]
struct TaskClient<'a> {
    url: &'a str,
    redis: &'a Redis,
    user: &'a str,
    password: &'a str,
}

impl<'a> TaskClient<'a> {
    /// None without an account: nobody could log in.
    fn of(config: &'a Config) -> Option<Self> {
        let (user, password) = config.agent.account.as_ref()?;
        Some(Self {
            url: &config.repo_check.api_url,
            redis: &config.redis,
            user,
            password: password.expose_secret(),
        })
    }

    fn connect(&self, max_tasks: usize) -> Result<TaskApi, PartsError> {
        let password = SecretString::from(self.password);
        TaskApi::new(self.url, self.redis, self.user, password, max_tasks)
            .map_err(|problem| PartsError::TaskApi(problem.to_string()))
    }
}

fn prober(
    config: &Config,
    tasks: Option<Arc<TaskApi>>,
) -> Result<Arc<dyn Prober>, (ProbeMethod, SkipReason)> {
    let account =
        config.agent.account.as_ref().map(|(user, password)| {
            AccountReader::new(&config.redis, user.clone(), password.clone())
        });
    // Whether the role was granted shows at the first task; until then an
    // account is reason enough to try, and a refusal is told in the report.
    let facts = Facts::of_this_process(account.is_some());
    let access = Access {
        destinations: config.destinations.clone(),
        source: Some(Arc::new(CredentialStore { account })),
        action: tasks.map(|tasks| Arc::new(Snapshots { tasks }) as Arc<dyn SnapshotAction>),
    };
    repo_check::prober(&config.repo_check, access, &facts, Timestamp::now)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;

    use super::*;
    use crate::cluster::ClusterError;
    use crate::config;
    use crate::model::{ClusterState, Encryption, ReportKind, SmtpSettings};

    /// A cluster that has a smarthost, and nothing else.
    struct OnlyASmarthost;

    #[async_trait]
    impl ClusterReader for OnlyASmarthost {
        async fn read(&self, _now: Timestamp) -> Result<ClusterState, ClusterError> {
            unreachable!("nobody asks")
        }

        async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
            Ok(Some(SmtpSettings {
                host: "127.0.0.1".into(),
                port: 25,
                login: None,
                encryption: Encryption::None,
                tls_verify: true,
                ca_file: None,
            }))
        }

        async fn ping(&self) -> Result<(), ClusterError> {
            Ok(())
        }
    }

    /// `more` are lines of the file. Nothing listens at its Redis.
    fn config(more: &str) -> Config {
        let text = format!(
            "mail: {{from: a@example.org, to: [b@example.org]}}\n\
             redis: {{address: \"127.0.0.1:1\"}}\n{more}"
        );
        let account = ["REDIS_USER", "REDIS_PASSWORD"].map(|name| (name.into(), "x".into()));
        config::load_str(&text, &BTreeMap::from(account))
            .unwrap()
            .config
    }

    #[tokio::test]
    async fn tasks_that_live_are_remembered_when_only_the_concurrency_changes() {
        let before = Parts::build(config("")).unwrap();
        let is_kept = |more| {
            let after = before.successor(config(more)).unwrap();
            let (before, after) = (before.tasks.as_ref(), after.tasks.as_ref());
            Arc::ptr_eq(before.unwrap(), after.unwrap())
        };
        assert!(is_kept("repo_check: {concurrency: 2}"));
        assert!(!is_kept("repo_check: {api_url: \"http://127.0.0.1:1\"}"));
    }

    #[tokio::test]
    async fn all_mails_of_one_trouble_share_a_thread_and_the_next_one_has_another() {
        let parts = Parts::build(config("")).unwrap();
        let thread = |run: &str, first: Option<&str>| {
            let report = Report {
                thread: first.map(Into::into),
                ..Report::blank(ReportKind::Run, run.into(), Timestamp::UNIX_EPOCH)
            };
            let mails = parts.mails(&report, "uuid", "").unwrap();
            let raw = String::from_utf8(mails[0].raw.clone()).unwrap();
            let header = raw.split("References: ").nth(1).unwrap();
            header.split("\r\n").next().unwrap().to_owned()
        };
        let failure = thread("monday", Some("monday"));
        assert_eq!(failure, thread("monday", None));
        assert_eq!(failure, thread("tuesday", Some("monday")));
        assert_ne!(failure, thread("friday", Some("friday")));
    }

    #[tokio::test]
    async fn a_reload_while_redis_is_away_keeps_the_smarthost() {
        let before = Parts::with_reader(config(""), Arc::new(OnlyASmarthost)).unwrap();
        assert_eq!(
            before.outgoing.open().await.description.as_deref(),
            Some("127.0.0.1:25")
        );
        let after = before.successor(config("")).unwrap();
        assert_eq!(
            after.outgoing.open().await.description.as_deref(),
            Some("127.0.0.1:25")
        );
    }
}
