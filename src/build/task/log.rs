//! Reads a log stream once from beginning to end, whatever happens to the tokens on the way.

use super::service::{BuildService, LogEvent, LogPosition, LogStream};
use crate::aws::RequestError;

/// How many pages are read in one look; the rest waits for the next one.
const PAGES: usize = 20;

/// How far a stream was read.
#[derive(Debug, Default)]
pub(super) struct LogTail {
    token: Option<String>,
    /// The time of the latest event, and the events of that time: what comes again after a token was lost.
    latest: Option<i64>,
    at_latest: Vec<String>,
    /// Events of the latest time that are still to come again.
    again: Option<Vec<String>>,
}

impl LogTail {
    /// Returns events that were not read yet, and whether there may be more at once.
    pub fn read(&mut self, service: &dyn BuildService, stream: &LogStream) -> Result<(Vec<LogEvent>, bool), RequestError> {
        let mut events = Vec::new();
        for _ in 0..PAGES {
            let from = LogPosition { token: self.token.clone(), since: self.latest };
            let page = match service.log_events(stream, &from) {
                Ok(Some(page)) => page,
                Ok(None) => return Ok((events, false)),
                // A token lives for a day; from the time of the latest event on, nothing is missed.
                Err(RequestError::Request { code: Some(code), .. }) if code == "InvalidParameterException" && self.token.is_some() => {
                    self.token = None;
                    self.again = Some(self.at_latest.clone());
                    continue;
                }
                // What was read is not lost for it: the tail stands where it was.
                Err(_) if !events.is_empty() => return Ok((events, true)),
                Err(error) => return Err(error),
            };
            let is_end = page.next.is_none() || page.next == self.token;
            self.token = page.next.or(self.token.take());
            let count = page.events.len();
            events.extend(page.events.into_iter().filter_map(|event| self.take(event)));
            // An empty page with a new token may have events behind it, but rarely many: the next look goes on.
            if is_end || count == 0 {
                return Ok((events, false));
            }
        }
        Ok((events, true))
    }

    /// Takes an event, unless it was read before.
    fn take(&mut self, event: LogEvent) -> Option<LogEvent> {
        if let Some(again) = &mut self.again {
            if let Some(place) = again.iter().position(|message| self.latest == Some(event.timestamp) && *message == event.message) {
                again.remove(place);
                return None;
            }
            if self.latest.is_some_and(|latest| event.timestamp < latest) {
                return None;
            }
        }
        if self.latest != Some(event.timestamp) {
            self.at_latest.clear();
            self.latest = Some(self.latest.unwrap_or(event.timestamp).max(event.timestamp));
        }
        if self.latest == Some(event.timestamp) {
            self.at_latest.push(event.message.clone());
        }
        Some(event)
    }
}
