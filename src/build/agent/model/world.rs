//! Hosts that share one file system. Each step of an agent or engine is one operation on it, and a schedule says what happens at which
//! step.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::super::storage::{Entry, FileTime, Fingerprint, Lock, Storage};
use super::memory::Memory;

/// What happens before a step of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The agent is killed. The engine goes on if it runs.
    KillAgent,
    /// The engine is killed if it runs.
    KillEngine,
    /// The container is killed.
    KillBoth,
    /// The server gives the build's lock away, while the build goes on.
    LoseLock,
    /// The build stops for as long as another one runs.
    SwitchTo(usize),
}

/// Builds by number; each event with the build and the number of its step.
pub(super) type Schedule = Vec<(usize, usize, Event)>;

/// The state of a build.
#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    pub steps: usize,
    pub is_agent_dead: bool,
    pub is_engine_dead: bool,
    pub is_engine_running: bool,
    /// Whether the engine began to delete a cache directory.
    pub has_touched: bool,
    pub has_lost_lock: bool,
    is_finished: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub memory: Memory,
    pub actors: Vec<Actor>,
    schedule: Schedule,
    current: usize,
    lock_owners: BTreeMap<PathBuf, usize>,
    names: usize,
    /// Whether the file system is mounted at kaniko's own directory.
    is_flat: bool,
    pub problems: Vec<String>,
    /// The builds whose journals say that all directories are whole, in this order.
    pub completed: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct World {
    state: Mutex<State>,
    turn: Condvar,
}

/// More steps than any build takes: a build that exceeds it never ends.
const STEP_LIMIT: usize = 5000;

impl World {
    pub fn new(tick: u64, is_flat: bool, builds: usize, schedule: Schedule) -> Arc<Self> {
        let state = State {
            memory: Memory::new(tick),
            actors: vec![Actor::default(); builds],
            schedule,
            current: 0,
            lock_owners: BTreeMap::new(),
            names: 0,
            is_flat,
            problems: Vec::new(),
            completed: Vec::new(),
        };
        Arc::new(Self { state: Mutex::new(state), turn: Condvar::new() })
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Runs the builds, each in a thread if the schedule switches between them. One thread at a time goes on.
    pub fn run(self: &Arc<Self>, build: &(impl Fn(&Host) + Sync)) {
        let builds = self.lock().actors.len();
        let has_events =
            |index: usize| self.lock().schedule.iter().any(|(build, _, event)| *build == index || *event == Event::SwitchTo(index));
        let has_switches = self.lock().has_switches();
        let first = (0..builds).find(|index| has_events(*index) && has_switches).unwrap_or(builds);
        let last = (first..builds).rfind(|index| has_events(*index)).map_or(builds, |index| index + 1);
        let one = |index: usize| {
            let host = Host { world: Arc::clone(self), index };
            host.wait_for_turn();
            build(&host);
            host.finish();
        };
        (0..first).for_each(one);
        std::thread::scope(|scope| {
            for index in first..last {
                let one = &one;
                scope.spawn(move || one(index));
            }
        });
        (last..builds).for_each(one);
    }
}

impl State {
    fn has_switches(&self) -> bool {
        self.schedule.iter().any(|(.., event)| matches!(event, Event::SwitchTo(_)))
    }

    /// Passes the turn to the first other build that has not ended, if `is_eligible`.
    fn pass_on(&mut self, from: usize, is_eligible: impl Fn(&Actor) -> bool) {
        let next =
            (0..self.actors.len()).find(|index| *index != from && !self.actors[*index].is_finished && is_eligible(&self.actors[*index]));
        self.current = next.unwrap_or(self.current);
    }

    fn release_locks(&mut self, index: usize) {
        self.lock_owners.retain(|_, owner| *owner != index);
    }

    pub fn problem(&mut self, text: String) {
        self.problems.push(text);
    }
}

/// A host with the container of one build.
#[derive(Clone)]
pub(super) struct Host {
    pub world: Arc<World>,
    pub index: usize,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host {}", self.index)
    }
}

fn killed() -> io::Error {
    io::Error::other("killed")
}

impl Host {
    fn wait_for_turn(&self) {
        let state = self.world.lock();
        drop(self.world.turn.wait_while(state, |state| state.current != self.index).unwrap());
    }

    fn finish(&self) {
        let mut state = self.world.lock();
        state.release_locks(self.index);
        state.actors[self.index].is_finished = true;
        state.pass_on(self.index, |_| true);
        self.world.turn.notify_all();
    }

    /// Performs one operation of the agent or of the engine, after the events that the schedule has for this step.
    pub fn step<T>(&self, is_engine: bool, operation: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let index = self.index;
        let mut state = self.world.lock();
        state.actors[index].steps += 1;
        let step = state.actors[index].steps;
        if step > STEP_LIMIT {
            state.problem(format!("build {index} does not end"));
            state.actors[index].is_agent_dead = true;
        }
        let events: Vec<Event> =
            state.schedule.iter().filter(|(build, at, _)| (*build, *at) == (index, step)).map(|(.., event)| *event).collect();
        for event in events {
            let is_flat = state.is_flat;
            let actor = &mut state.actors[index];
            match event {
                Event::KillAgent => actor.is_agent_dead = true,
                Event::KillEngine => actor.is_engine_dead |= actor.is_engine_running,
                Event::KillBoth => (actor.is_agent_dead, actor.is_engine_dead) = (true, true),
                // On a file system at kaniko's own directory, nothing separates two engines.
                Event::LoseLock if is_flat && actor.is_engine_running => break,
                Event::LoseLock => {
                    actor.has_lost_lock = true;
                    state.release_locks(index);
                }
                Event::SwitchTo(to) => {
                    if !state.actors[to].is_finished {
                        state.current = to;
                        self.world.turn.notify_all();
                        state = self.world.turn.wait_while(state, |state| state.current != index).unwrap();
                    }
                }
            }
        }
        let actor = &state.actors[index];
        // The engine inherits the lock, so it is free when both are dead.
        if actor.is_agent_dead && (actor.is_engine_dead || !actor.is_engine_running) {
            state.release_locks(index);
        }
        let actor = &state.actors[index];
        let is_dead = if is_engine { actor.is_engine_dead } else { actor.is_agent_dead };
        if is_dead {
            return Err(killed());
        }
        state.memory.clock += 7;
        operation(&mut state)
    }

    fn agent<T>(&self, operation: impl FnOnce(&mut Memory) -> io::Result<T>) -> io::Result<T> {
        self.step(false, |state| operation(&mut state.memory))
    }
}

impl Storage for Host {
    fn create_directories(&self, path: &Path) -> io::Result<()> {
        self.agent(|memory| memory.create_directories(path))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.agent(|memory| match memory.create_directory(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            created => created,
        })
    }

    fn entries(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        self.agent(|memory| memory.entries(memory.open_directory(directory)?))
    }

    fn fingerprint(&self, directory: &Path) -> io::Result<Fingerprint> {
        self.agent(|memory| memory.fingerprint(directory))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.agent(|memory| memory.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        // Deletes entry by entry: the agent can be killed in between.
        let children = match self.agent(|memory| memory.open_directory(path).and_then(|id| memory.entries(id))) {
            Ok(children) if self.world.lock().memory.is_link(path)? == Some(false) => children,
            _ => Vec::new(),
        };
        for child in children {
            self.remove(&path.join(child.name))?;
        }
        self.agent(|memory| {
            let (parent, name) = memory.parent_and_name(path)?;
            memory.remove_at(parent, name)
        })
    }

    fn read(&self, path: &Path) -> io::Result<(Vec<u8>, FileTime)> {
        self.agent(|memory| memory.read(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(false, |state| {
            state.memory.write(path, bytes)?;
            if String::from_utf8_lossy(bytes).contains("\"complete\"") {
                state.completed.push(self.index);
            }
            Ok(())
        })
    }

    fn open_lock(&self, path: &Path) -> io::Result<Box<dyn Lock>> {
        // Containers mount the file system at different paths.
        let shared: PathBuf =
            path.components().skip_while(|part| !matches!(part.as_os_str().to_str(), Some("apps" | ".rackform"))).collect();
        self.agent(|_| Ok(Box::new(HostLock { host: self.clone(), path: shared }) as Box<dyn Lock>))
    }

    fn is_link(&self, path: &Path) -> io::Result<Option<bool>> {
        self.agent(|memory| memory.is_link(path))
    }

    fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        self.agent(|memory| memory.link(&target.to_string_lossy(), path))
    }

    fn remove_empty(&self, path: &Path) -> io::Result<()> {
        self.remove(path)
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(self.world.lock().memory.clock)
    }

    fn sleep(&self, duration: Duration) {
        let _ = self.agent(|memory| {
            memory.clock += u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            Ok(())
        });
        // A build that has started goes on in the meantime.
        let mut state = self.world.lock();
        state.pass_on(self.index, |actor| actor.steps > 0);
        self.world.turn.notify_all();
        drop(self.world.turn.wait_while(state, |state| state.current != self.index).unwrap());
    }

    fn host_time(&self) -> String {
        // The clock of each host is wrong by hours, in another direction.
        let skew = if self.index.is_multiple_of(2) { 7_200_000 } else { 0 };
        format!("{} ms", self.world.lock().memory.clock + skew - 3_600_000_u64.min(skew))
    }

    fn unique_name(&self) -> String {
        let mut state = self.world.lock();
        state.names += 1;
        format!("{:016x}", state.names)
    }
}

#[derive(Debug)]
struct HostLock {
    host: Host,
    path: PathBuf,
}

impl Lock for HostLock {
    fn try_lock(&self) -> io::Result<bool> {
        self.host.step(false, |state| {
            let owner = *state.lock_owners.entry(self.path.clone()).or_insert(self.host.index);
            Ok(owner == self.host.index)
        })
    }

    fn unlock(&self) {
        let _ = self.host.step(false, |state| {
            state.lock_owners.retain(|path, owner| *path != self.path || *owner != self.host.index);
            Ok(())
        });
    }
}
