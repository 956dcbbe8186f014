//! The events of a stack that were seen already, so that paging backwards returns each event once.

use crate::cloudformation::StackEvent;
use std::collections::HashSet;

/// The events of a stack that were seen already.
///
/// CloudFormation returns events from the latest back, 100 per page. New events shift the pages between two polls, so that events repeat,
/// and events with equal times come in any order. Therefore seen events are remembered by ID, not by position or time.
#[derive(Clone, Debug, Default)]
pub struct EventTail {
    start: Option<String>,
    last: Option<String>,
    seen: HashSet<String>,
}

impl EventTail {
    /// Returns a tail that starts after the event with this ID, or at the first event.
    pub fn after(start: Option<String>) -> Self {
        Self { last: start.clone(), start, seen: HashSet::new() }
    }

    /// Returns the ID of the last added event, or the ID that the tail starts after.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Starts to read pages from the latest event back.
    pub fn pages(&self) -> Pages<'_> {
        Pages { tail: self, ids: HashSet::new(), events: Vec::new() }
    }

    /// Adds events, oldest first; returns those that were not seen before.
    pub fn add(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
        let new: Vec<StackEvent> = events.into_iter().filter(|event| self.seen.insert(event.id.clone())).collect();
        if let Some(event) = new.last() {
            self.last = Some(event.id.clone());
        }
        new
    }
}

/// The pages of one poll, from the latest event back.
///
/// Events count as seen only when the whole poll is added by [`EventTail::add`], so that an incomplete poll can be repeated.
#[derive(Debug)]
pub struct Pages<'t> {
    tail: &'t EventTail,
    ids: HashSet<String>,
    events: Vec<StackEvent>,
}

impl Pages<'_> {
    /// Adds the next page, latest event first; returns whether an earlier page may contain more new events.
    pub fn add(&mut self, page: impl IntoIterator<Item = StackEvent>) -> bool {
        let (mut is_new, mut meets_seen) = (false, false);
        for event in page {
            if self.tail.start.as_ref() == Some(&event.id) {
                return false;
            }
            if self.tail.seen.contains(&event.id) {
                // An unseen event with the same time may follow.
                meets_seen = true;
            } else if self.ids.insert(event.id.clone()) {
                is_new = true;
                self.events.push(event);
            }
        }
        // A page without new events was returned twice: reading further would not end.
        is_new && !meets_seen
    }

    /// Returns the new events, oldest first.
    pub fn finish(mut self) -> Vec<StackEvent> {
        self.events.reverse();
        self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: &[&str]) -> Vec<StackEvent> {
        ids.iter().map(|id| StackEvent { id: (*id).to_owned(), ..StackEvent::default() }).collect()
    }

    fn ids(events: &[StackEvent]) -> Vec<&str> {
        events.iter().map(|event| event.id.as_str()).collect()
    }

    #[test]
    fn paging_stops_at_the_start_event() {
        let mut tail = EventTail::after(Some("2".to_owned()));
        let mut pages = tail.pages();
        assert!(pages.add(page(&["6", "5"])));
        assert!(!pages.add(page(&["4", "3", "2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.add(events)), ["3", "4", "5", "6"]);
        assert_eq!(tail.last(), Some("6"));
    }

    #[test]
    fn shifted_and_repeated_pages_return_each_event_once() {
        let mut tail = EventTail::after(None);
        let mut pages = tail.pages();
        assert!(pages.add(page(&["6", "5", "4"])));
        assert!(pages.add(page(&["4", "3", "2"])), "the page shifted by one new event");
        assert!(!pages.add(page(&["4", "3", "2"])), "the same page again");
        let events = pages.finish();
        assert_eq!(ids(&tail.add(events)), ["2", "3", "4", "5", "6"]);
    }

    #[test]
    fn an_unseen_event_is_found_after_a_seen_one_with_the_same_time() {
        let mut tail = EventTail::after(Some("1".to_owned()));
        tail.add(page(&["2", "4"]));
        let mut pages = tail.pages();
        assert!(!pages.add(page(&["5", "4", "3", "2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.add(events)), ["3", "5"]);
    }

    #[test]
    fn an_incomplete_poll_is_repeated() {
        let mut tail = EventTail::after(None);
        let mut pages = tail.pages();
        pages.add(page(&["4", "3"]));
        drop(pages);
        let mut pages = tail.pages();
        assert!(pages.add(page(&["4", "3"])));
        assert!(pages.add(page(&["2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.add(events)), ["1", "2", "3", "4"]);
    }
}
