//! A model test of the rules for shared cache directories: the agent's own code, on a file system in memory that several hosts share.
//!
//! Every operation of an agent or of an engine is a step. Before each step, the agent, the engine or both can be killed, the server can
//! give the lock away while the build goes on, and another build can go on first. Times of changes are those of the server, rounded down;
//! inode numbers are reused at once; the clocks of the hosts differ by hours. `docs/design/shared-cache.md` says what the model shows.

#![allow(clippy::unwrap_used, clippy::panic)]

mod engine;
mod memory;
mod world;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::layout::Layout;
use super::lock::{Access, Released};
use engine::{Engine, Found};
use world::{Actor, Event, Host, Schedule, World};

/// A build: its app, and the mounts of its `RUN`s.
type Build = (&'static str, &'static [&'static str]);

const X: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const Y: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// How the file system is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mount {
    /// Beside kaniko's directory, as in the builder image.
    Beside,
    /// At kaniko's own directory.
    Flat,
}

/// A run of the model.
struct Case<'c> {
    mount: Mount,
    /// What the server rounds times down to, in milliseconds.
    tick: u64,
    builds: &'c [Build],
    schedule: Schedule,
}

/// What a run showed.
struct Outcome {
    actors: Vec<Actor>,
    found: Vec<Vec<(&'static str, Found)>>,
    completed: Vec<usize>,
    problems: Vec<String>,
}

impl Case<'_> {
    /// Runs the builds one after the other, except where the schedule says something else.
    fn run(&self) -> Outcome {
        let world = World::new(self.tick, self.mount == Mount::Flat, self.builds.len(), self.schedule.clone());
        {
            let memory = &mut world.lock().memory;
            memory.create_directories(&PathBuf::from("/efs")).unwrap();
            // What plain kaniko left, of an unknown app, and a file of someone else.
            memory.create_directories(&PathBuf::from("/efs").join(X)).unwrap();
            memory.write(&PathBuf::from("/efs").join(X).join("top"), b"unknown").unwrap();
            memory.write(&PathBuf::from("/efs/other"), b"other").unwrap();
            for index in 0..self.builds.len() {
                let container = PathBuf::from(format!("/container{index}"));
                memory.create_directories(&container.join("kaniko")).unwrap();
                memory.mount(&PathBuf::from("/efs"), &container.join(self.mount_name())).unwrap();
            }
        }
        let found = Mutex::new(vec![Vec::new(); self.builds.len()]);
        world.run(&|host| {
            let mut own = Vec::new();
            self.build(host, &mut own);
            found.lock().unwrap()[host.index] = own;
        });
        let world = Arc::into_inner(world).unwrap();
        let state = world.lock();
        let (actors, completed, mut problems) = (state.actors.clone(), state.completed.clone(), state.problems.clone());
        if state.memory.read(&PathBuf::from("/efs/other")).is_err() {
            problems.push("a file of someone else is gone".to_owned());
        }
        let found = found.into_inner().unwrap();
        Outcome { actors, found, completed, problems }
    }

    fn mount_name(&self) -> &'static str {
        match self.mount {
            Mount::Beside => "efs",
            Mount::Flat => "kaniko/caches",
        }
    }

    /// Runs the agent of one build, and the engine under it.
    fn build(&self, host: &Host, found: &mut Vec<(&'static str, Found)>) {
        let index = host.index;
        let (app, mounts) = self.builds[index];
        let container = PathBuf::from(format!("/container{index}"));
        let caches = container.join("kaniko/caches");
        let layout = Layout::on(Rc::new(host.clone()), &container.join(self.mount_name()), &caches, app, self.mount == Mount::Flat);
        let problem = |text: String| host.world.lock().problem(format!("build {index}: {text}"));
        let is_excused = |actor: &Actor| actor.is_agent_dead || actor.has_lost_lock;
        let lock = match layout.acquire(&index.to_string(), Duration::from_secs(600), &mut |_| {}) {
            Ok(Access::Shared(lock, _)) => lock,
            Ok(Access::Busy(holder)) => {
                let state = host.world.lock();
                if !state.actors.iter().any(|actor| actor.has_lost_lock) {
                    drop(state);
                    problem(format!("busy, because of {holder}"));
                }
                return;
            }
            Err(error) => {
                if !is_excused(&host.world.lock().actors[index]) {
                    problem(format!("cannot acquire: {error:?}"));
                }
                return;
            }
        };
        host.world.lock().actors[index].is_engine_running = true;
        let engine = Engine { host, caches: &caches, build: &index.to_string() };
        let mut result = Ok(());
        for name in mounts {
            let ran = if self.is_last(index) {
                engine.look(name)
            } else if self.schedule.iter().any(|(build, ..)| *build == index) {
                engine.run(name)
            } else {
                engine.run_at_once(name)
            };
            match ran {
                Ok(files) => found.push((name, files)),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let actor = {
            let mut state = host.world.lock();
            state.actors[index].is_engine_running = false;
            state.actors[index].clone()
        };
        if actor.is_agent_dead {
            return;
        }
        if let Err(error) = &result
            && !actor.is_engine_dead
            && !actor.has_lost_lock
        {
            problem(format!("the engine failed: {error}"));
        }
        let is_lost = |host: &Host| is_excused(&host.world.lock().actors[index]);
        match lock.release(!actor.is_engine_dead) {
            Ok(Released::Kept) if result.is_ok() => {}
            Ok(Released::Recovered(_)) if actor.is_engine_dead => {}
            Ok(Released::TakenOver) | Err(_) if is_lost(host) => {}
            other => problem(format!("released as {other:?} after {result:?}")),
        }
    }

    /// Runs the model and checks what must be true of every run. Returns how many steps each build took.
    fn check(&self) -> Vec<usize> {
        let outcome = self.run();
        let mut problems = outcome.problems.clone();
        for (index, (app, _)) in self.builds.iter().enumerate() {
            for (name, found) in &outcome.found[index] {
                match found {
                    Found::Wrong(files) => problems.push(format!("build {index} found a directory that is not whole: {files:?}")),
                    Found::Whole(build) if self.builds[build.parse::<usize>().unwrap()].0 != *app => {
                        problems.push(format!("build {index} of {app} found a directory of build {build}, of another app"));
                    }
                    Found::Whole(_) | Found::Empty => {}
                }
                if self.is_last(index) {
                    problems.extend(self.loss(&outcome, index, name, found));
                }
            }
            if self.is_last(index) && outcome.found[index].len() != self.builds[index].1.len() {
                problems.push(format!("the last build {index} did not get its directories"));
            }
        }
        assert!(problems.is_empty(), "{:?}, tick {}, {:?}: {problems:#?}", self.mount, self.tick, self.schedule);
        outcome.actors.iter().map(|actor| actor.steps).collect()
    }

    /// Returns whether a build is the last of its app. Nothing happens to these.
    fn is_last(&self, index: usize) -> bool {
        self.builds[index + 1..].iter().all(|(app, _)| *app != self.builds[index].0)
    }

    /// Returns what is wrong with what the last build of an app found, if it does not find what the last build before it left.
    fn loss(&self, outcome: &Outcome, last: usize, name: &str, found: &Found) -> Option<String> {
        let uses = |index: &usize| self.builds[*index].0 == self.builds[last].0 && self.builds[*index].1.contains(&name);
        let left = outcome.completed.iter().copied().rfind(|index| uses(index) && *index != last);
        let expected = left.map_or(Found::Empty, |build| Found::Whole(build.to_string()));
        // A build that did not return its directories may have lost those that it had begun to use.
        let is_touched = (0..last).any(|index| uses(&index) && outcome.actors[index].has_touched && !outcome.completed.contains(&index));
        // If the clock does not advance for long, a directory from the same tick is in doubt.
        let is_in_doubt = self.tick > 2000 && *found == Found::Empty;
        (*found != expected && !(is_touched && *found == Found::Empty) && !is_in_doubt)
            .then(|| format!("build {last} found {found:?} and not {expected:?}"))
    }
}

const MOUNTS: [Mount; 2] = [Mount::Beside, Mount::Flat];
/// More steps than an agent takes until its engine starts, if it recovers the directories of another build.
const ACQUIRED: usize = 28;
const KILLS: [Event; 3] = [Event::KillAgent, Event::KillEngine, Event::KillBoth];

/// Runs a case for each step of a build, beyond `all` for every seventh: `case` returns how many steps the build took.
fn each_step(all: usize, mut case: impl FnMut(usize) -> usize) -> usize {
    let mut step = 1;
    while case(step) >= step {
        step += if step < all { 1 } else { 7 };
    }
    step
}

#[test]
fn builds_without_accidents_find_what_the_last_one_left() {
    for mount in MOUNTS {
        for tick in [1, 1000, 60_000] {
            let builds: &[Build] = &[("web", &[X, Y]), ("api", &[X]), ("web", &[Y]), ("api", &[X, Y]), ("web", &[X, Y])];
            // Events after the end of a build do nothing.
            let schedule = (0..builds.len()).map(|index| (index, usize::MAX, Event::KillBoth)).collect();
            let case = Case { mount, tick, builds, schedule };
            case.check();
            let found = case.run().found;
            assert_eq!(found[2], [(Y, Found::Whole("0".to_owned()))]);
            assert_eq!(found[3], [(X, Found::Whole("1".to_owned())), (Y, Found::Empty)]);
            assert_eq!(found[4], [(X, Found::Whole("0".to_owned())), (Y, Found::Whole("2".to_owned()))]);
        }
    }
}

#[test]
fn a_build_that_is_killed_at_any_step_leaves_whole_directories_to_the_next_ones() {
    let builds: &[Build] = &[("web", &[X, Y]), ("api", &[X]), ("web", &[X]), ("api", &[X]), ("web", &[X, Y])];
    for mount in MOUNTS {
        for tick in [1, 1000, 2000, 60_000] {
            for kill in KILLS {
                let steps = each_step(usize::MAX, |step| Case { mount, tick, builds, schedule: vec![(2, step, kill)] }.check()[2]);
                assert!(steps > 40, "a build has more steps than {steps}");
            }
        }
    }
}

#[test]
fn a_build_that_is_killed_while_it_recovers_another_loses_nothing_more() {
    let builds: &[Build] = &[("web", &[X, Y]), ("web", &[X]), ("web", &[]), ("api", &[X]), ("web", &[X, Y])];
    for mount in MOUNTS {
        each_step(usize::MAX, |first| {
            let mut steps = 0;
            each_step(ACQUIRED, |second| {
                let schedule = vec![(1, first, Event::KillBoth), (2, second, Event::KillBoth)];
                let taken = Case { mount, tick: 1000, builds, schedule }.check();
                steps = taken[1];
                taken[2]
            });
            steps
        });
    }
}

#[test]
fn a_build_that_loses_its_lock_at_any_step_takes_nothing_from_its_successor() {
    // On a file system at kaniko's own directory, nothing separates two engines: either only one of the builds has one there, or the first
    // build loses its lock after its engine ended.
    for (mount, successor, mounts) in [(Mount::Beside, "web", [X].as_slice()), (Mount::Flat, "web", &[X]), (Mount::Flat, "api", &[])] {
        let builds: &[Build] = &[("web", &[X, Y]), ("web", mounts), (successor, &[Y]), ("api", &[X, Y]), ("web", &[X, Y])];
        each_step(usize::MAX, |first| {
            let mut steps = 0;
            each_step(ACQUIRED, |second| {
                let schedule = vec![(1, first, Event::LoseLock), (1, first, Event::SwitchTo(2)), (2, second, Event::SwitchTo(1))];
                let taken = Case { mount, tick: 1, builds, schedule }.check();
                steps = taken[1];
                taken[2]
            });
            steps
        });
    }
}

/// Pseudorandom numbers, always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        // The constants of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn five_builds_with_accidents_at_random_steps_leave_whole_directories() {
    let mut numbers = Numbers(14);
    let last: [Build; 2] = [("api", &[X, Y]), ("web", &[X, Y])];
    for round in 0..800 {
        let mount = MOUNTS[round % 2];
        let tick = [1, 1000, 60_000][numbers.below(3)];
        let mut builds: Vec<Build> = Vec::new();
        for _ in 0..5 {
            let mounts: [&[&str]; 4] = [&[X, Y], &[X], &[Y], &[Y, X]];
            builds.push((["web", "api"][numbers.below(2)], mounts[numbers.below(4)]));
        }
        let mut schedule = Schedule::new();
        for _ in 0..1 + numbers.below(5) {
            let event = match numbers.below(if mount == Mount::Beside { 5 } else { 4 }) {
                3 => Event::SwitchTo(numbers.below(5)),
                4 => Event::LoseLock,
                kill => KILLS[kill],
            };
            schedule.push((numbers.below(5), 1 + numbers.below(70), event));
        }
        builds.extend(last);
        Case { mount, tick, builds: &builds, schedule }.check();
    }
}
