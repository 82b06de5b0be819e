//! The server: its routes, its bounds, its end.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::guard::{self, Guard};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, watch};

use crate::store::Store;

use super::connections::Connections;
use super::observe::observe;
use super::throttle::Throttle;
use super::{Limits, Refusal, Rules, Vitals, alert, health, metrics, status_page};

/// Connections that the system keeps for us until they are taken.
const BACKLOG: u32 = 256;

/// Everything the surface needs.
pub struct Receiver {
    /// Where alerts go.
    pub store: Store,
    /// What the configuration says, at any time.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Rung after a firing alert was stored.
    pub alerts: Arc<Notify>,
    /// Where the other parts leave their signs of life.
    pub vitals: Arc<Vitals>,
    /// The newest text of `/metrics`.
    pub metrics: watch::Receiver<Arc<str>>,
    /// The time of arrival of alerts.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The bounds.
    pub limits: Limits,
}

/// A server that runs on a thread of its own from here on.
pub struct Serving {
    /// Ends when the server has ended; has to be polled.
    pub server: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
    /// Ends it: no new connections, a little time for the open ones.
    pub handle: ServerHandle,
}

/// What every request can reach.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) alerts: Arc<Notify>,
    pub(super) vitals: Arc<Vitals>,
    pub(super) metrics: watch::Receiver<Arc<str>>,
    pub(super) now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub(super) limits: Limits,
    pub(super) posts: Semaphore,
    /// Log lines about what clients did wrong.
    pub(super) refusals: Throttle,
    /// Log lines about what went wrong here.
    pub(super) troubles: Throttle,
    rules: watch::Receiver<Arc<Rules>>,
}

impl Shared {
    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }
}

/// The surface behind its doors: what comes in through any of them is bounded
/// together.
#[derive(Clone)]
pub struct Surface {
    shared: Data<Shared>,
}

/// Which way a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The address of `receiver.host`: this machine is known by its address.
    Own,
    /// The node's address in the cluster's VPN: nobody is of this machine.
    Vpn,
}

impl Receiver {
    /// Puts the surface together.
    pub fn open(self) -> Surface {
        Surface {
            shared: Data::new(self.shared()),
        }
    }

    pub(super) fn shared(self) -> Shared {
        Shared {
            store: self.store,
            alerts: self.alerts,
            vitals: self.vitals,
            metrics: self.metrics,
            now: self.now,
            posts: Semaphore::new(self.limits.posts),
            limits: self.limits,
            refusals: Throttle::default(),
            troubles: Throttle::default(),
            rules: self.rules,
        }
    }
}

impl Surface {
    /// Serves `listener`. Signals are left to the caller.
    pub fn serve(&self, listener: TcpListener, door: Door) -> io::Result<Serving> {
        let limits = self.shared.limits;
        let (good, most) = door.connections(&limits);
        let connections = Connections::default();
        let shared = Data::clone(&self.shared);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::clone(&shared))
                .app_data(door)
                .wrap(from_fn(observe))
                .configure(routes)
        })
        .workers(1)
        .worker_max_blocking_threads(1)
        .backlog(BACKLOG)
        .max_connections(most)
        .client_request_timeout(limits.head_time)
        .keep_alive(limits.head_time)
        .shutdown_timeout(limits.farewell.as_secs())
        .disable_signals()
        .on_connect(connections.watch(good))
        .listen(listener)?
        .run();
        let handle = server.handle();
        let server = Box::pin(async move {
            tokio::select! {
                end = server => end,
                never = sweep(connections, limits.head_time) => match never {},
            }
        });
        Ok(Serving { server, handle })
    }
}

impl Door {
    /// From which number on idle connections make room, and how many there are
    /// at most. Nobody in the VPN shall use up what the machine itself needs.
    fn connections(self, limits: &Limits) -> (usize, usize) {
        /// What goes to the VPN is a fraction of what the machine itself gets.
        const SHARE: usize = 4;
        match self {
            Self::Own => (limits.connections, limits.most_connections),
            Self::Vpn => (
                limits.connections.div_ceil(SHARE),
                limits.most_connections.div_ceil(SHARE),
            ),
        }
    }
}

/// Between two requests actix itself waits for `head_time`; what outlasts that
/// twice is up to something else.
async fn sweep(connections: Connections, head_time: Duration) -> Infallible {
    loop {
        tokio::time::sleep(head_time / 2).await;
        connections.sweep(Instant::now(), head_time * 2);
    }
}

/// Every path, its methods, and what answers the others.
pub(super) fn routes(config: &mut ServiceConfig) {
    let wrong = |allowed| web::to(move || async move { Err::<&str, _>(Refusal::Method(allowed)) });
    config
        .service(
            web::resource("/alert")
                .route(web::post().to(alert::post))
                .default_service(wrong("POST")),
        )
        .service(
            web::resource("/healthz")
                .route(web::route().guard(reading()).to(health::healthz))
                .default_service(wrong("GET, HEAD")),
        )
        .service(
            web::resource("/readyz")
                .route(web::route().guard(reading()).to(health::readyz))
                .default_service(wrong("GET, HEAD")),
        )
        .service(
            web::resource("/reloads")
                .route(web::route().guard(reading()).to(health::reloads))
                .default_service(wrong("GET, HEAD")),
        )
        .service(
            web::resource("/metrics")
                .route(web::route().guard(reading()).to(metrics::show))
                .default_service(wrong("GET, HEAD")),
        )
        .service(
            web::resource("/")
                .route(web::route().guard(reading()).to(status_page::show))
                .default_service(wrong("GET, HEAD")),
        )
        .default_service(web::to(|| async { Err::<&str, _>(Refusal::NoSuchPath) }));
}

fn reading() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}
