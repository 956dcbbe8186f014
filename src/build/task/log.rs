//! Reads a log stream once from beginning to end, even if a page token expires.

use super::service::{BuildService, LogEvent, LogPosition, LogStream};
use crate::aws::RequestError;

/// How many pages one poll reads; the next poll reads on.
const PAGES: usize = 20;

/// How far a stream was read.
#[derive(Debug, Default)]
pub(super) struct LogTail {
    token: Option<String>,
    /// The time of the latest event, and the events of that time: they are returned again after a token was lost.
    latest: Option<i64>,
    at_latest: Vec<String>,
    /// Events of the latest time that are still to be skipped.
    to_skip: Option<Vec<String>>,
}

impl LogTail {
    /// Returns events that were not read yet, and whether more may be available now.
    pub fn read(&mut self, service: &dyn BuildService, stream: &LogStream) -> Result<(Vec<LogEvent>, bool), RequestError> {
        let mut events = Vec::new();
        for _ in 0..PAGES {
            let from = LogPosition { token: self.token.clone(), since: self.latest };
            let page = match service.log_events(stream, &from) {
                Ok(Some(page)) => page,
                Ok(None) => return Ok((events, false)),
                // A token is valid for a day; reading from the time of the latest event misses nothing.
                Err(RequestError::Request { code: Some(code), .. }) if code == "InvalidParameterException" && self.token.is_some() => {
                    self.token = None;
                    self.to_skip = Some(self.at_latest.clone());
                    continue;
                }
                // Return what was read; the next poll reads on from the last token.
                Err(_) if !events.is_empty() => return Ok((events, true)),
                Err(error) => return Err(error),
            };
            let is_end = page.next.is_none() || page.next == self.token;
            self.token = page.next.or(self.token.take());
            let count = page.events.len();
            events.extend(page.events.into_iter().filter_map(|event| self.skip_read(event)));
            // An empty page with a new token may precede more events, but rarely does: the next poll reads on.
            if is_end || count == 0 {
                return Ok((events, false));
            }
        }
        Ok((events, true))
    }

    /// Returns an event unless it was read before.
    fn skip_read(&mut self, event: LogEvent) -> Option<LogEvent> {
        if let Some(to_skip) = &mut self.to_skip {
            if let Some(index) = to_skip.iter().position(|message| self.latest == Some(event.timestamp) && *message == event.message) {
                to_skip.remove(index);
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
