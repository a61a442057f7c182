//! Connections to the deployment's PostgreSQL, kept and counted as the architecture's backend does: up to 20 stay
//! open, 30 more may be opened while all are in use, and are closed when they come back. One that is 30 minutes
//! old is replaced, and one that was kept is asked whether it still lives before it is used.
//!
//! Nothing is opened before it is needed: a command needs one.

use super::postgres::{Address, Remote, explain};
use crate::error::{Error, Kind, Result};
use postgres::Client;
use r2d2::ManageConnection;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// `pool_size` of the architecture: so many connections stay open.
pub const POOL_SIZE: u32 = 20;

/// `max_overflow`: so many more may be opened.
pub const MAX_OVERFLOW: u32 = 30;

/// `pool_timeout`: how long one waits for a connection when all are in use.
pub const POOL_TIMEOUT: Duration = Duration::from_secs(30);

/// `pool_recycle`: the age at which a connection is replaced.
pub const POOL_RECYCLE: Duration = Duration::from_secs(1800);

/// A pool of connections to one deployment.
#[derive(Clone)]
pub struct Pool {
    pool: r2d2::Pool<Manager>,
    manager: Manager,
}

/// What the pool holds, by the names of the architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Open and not in use.
    pub checked_in: u32,
    /// In use.
    pub checked_out: u32,
}

impl PoolStatus {
    /// How many of them are more than stay open.
    pub fn overflow(self) -> u32 {
        self.total().saturating_sub(POOL_SIZE)
    }

    /// How many are open.
    pub fn total(self) -> u32 {
        self.checked_in + self.checked_out
    }
}

impl Pool {
    /// A pool that has not connected yet.
    pub fn new(address: Address) -> Pool {
        let manager = Manager { address, open: Arc::default(), waiting: Arc::default(), ready: Arc::default() };
        let pool = r2d2::Pool::builder()
            .max_size(POOL_SIZE + MAX_OVERFLOW)
            .min_idle(Some(0))
            .connection_timeout(POOL_TIMEOUT)
            .max_lifetime(Some(POOL_RECYCLE))
            .idle_timeout(None)
            .test_on_check_out(true)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager.clone());
        Pool { pool, manager }
    }

    /// A connection: one that was kept, or a new one.
    ///
    /// # Errors
    /// Network, when there is no way in; a failure when the server is too old; busy when all connections are in
    /// use for too long.
    pub fn get(&self) -> Result<Remote> {
        let since = Instant::now();
        let held = match self.pool.try_get() {
            Some(held) => held,
            None => {
                // Here, and not in the pool's own thread, which tries until the time is over and tells no reason.
                if self.pool.state().connections < POOL_SIZE + MAX_OVERFLOW {
                    let made = self.manager.dial()?;
                    self.manager.ready.lock().unwrap_or_else(PoisonError::into_inner).push(made);
                }
                self.manager.waiting.fetch_add(1, Ordering::Relaxed);
                let held = self.pool.get_timeout(POOL_TIMEOUT.saturating_sub(since.elapsed()));
                self.manager.waiting.fetch_sub(1, Ordering::Relaxed);
                held.map_err(|_| {
                    Error::new(Kind::Busy, format!("all {} connections are in use", POOL_SIZE + MAX_OVERFLOW))
                        .hint("try again in a moment")
                })?
            }
        };
        let version = held.version;
        Ok(Remote::new(held, self.manager.address.clone(), version))
    }

    /// How many connections are open.
    pub fn status(&self) -> PoolStatus {
        let state = self.pool.state();
        PoolStatus { checked_in: state.idle_connections, checked_out: state.connections - state.idle_connections }
    }
}

/// A connection of the pool.
pub struct Held {
    client: Client,
    /// The version of the server, such as 150018.
    version: i32,
    /// Whether it has just been made: it need not be asked whether it lives.
    is_new: bool,
    open: Arc<AtomicU32>,
}

impl Deref for Held {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What makes connections and judges them.
#[derive(Clone)]
pub struct Manager {
    address: Address,
    /// How many connections there are.
    open: Arc<AtomicU32>,
    /// How many wait for one.
    waiting: Arc<AtomicU32>,
    /// Connections that were made for the pool and that it has not taken yet.
    ready: Arc<Mutex<Vec<Held>>>,
}

impl Manager {
    fn dial(&self) -> Result<Held> {
        let (client, version) = self.address.dial()?;
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Held { client, version, is_new: true, open: self.open.clone() })
    }
}

impl ManageConnection for Manager {
    type Connection = Held;
    type Error = Error;

    fn connect(&self) -> Result<Held> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
        ready.map_or_else(|| self.dial(), Ok)
    }

    fn is_valid(&self, held: &mut Held) -> Result<()> {
        if std::mem::take(&mut held.is_new) {
            return Ok(());
        }
        held.client.simple_query("SELECT 1").map(|_| ()).map_err(|error| explain(&error))
    }

    fn has_broken(&self, held: &mut Held) -> bool {
        let is_overflow = self.open.load(Ordering::Relaxed) > POOL_SIZE && self.waiting.load(Ordering::Relaxed) == 0;
        held.client.is_closed() || is_overflow
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_has_the_settings_of_the_architecture() {
        let Pool { pool, .. } = Pool::new(Address::parse("postgresql://me@h/d").unwrap());
        assert_eq!((pool.max_size(), pool.min_idle(), pool.idle_timeout()), (50, Some(0), None));
        assert_eq!(pool.connection_timeout().as_secs(), 30);
        assert_eq!(pool.max_lifetime().map(|age| age.as_secs()), Some(1800));
        assert!(pool.test_on_check_out());
    }
}
