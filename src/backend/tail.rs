//! Which of a stack's events were seen: what makes paging from the latest back give each event once.

use crate::cloudformation::StackEvent;
use std::collections::HashSet;

/// Which of a stack's events were seen.
///
/// CloudFormation answers events from the latest back, a hundred a page. Between two looks new ones come in front, and so pages shift and
/// repeat; events of one moment may come in any order. So what was seen is remembered by its ID, and never guessed from a place or a time.
#[derive(Clone, Debug, Default)]
pub struct EventTail {
    start: Option<String>,
    last: Option<String>,
    seen: HashSet<String>,
}

impl EventTail {
    /// Returns a tail of the events after the one with that ID, or of all there are.
    pub fn after(start: Option<String>) -> Self {
        Self { last: start.clone(), start, seen: HashSet::new() }
    }

    /// Returns the ID of the last event that was taken in, else that of the one before the first.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Begins to read pages from the latest back.
    pub fn pages(&self) -> Pages<'_> {
        Pages { tail: self, ids: HashSet::new(), events: Vec::new() }
    }

    /// Takes events in, oldest first; returns those that were not seen before.
    pub fn take(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
        let new: Vec<StackEvent> = events.into_iter().filter(|event| self.seen.insert(event.id.clone())).collect();
        if let Some(event) = new.last() {
            self.last = Some(event.id.clone());
        }
        new
    }
}

/// Pages of one look, as they come from the latest back.
///
/// Nothing counts as seen until the whole look is taken in by [`EventTail::take`]: one that breaks off halfway is simply repeated.
#[derive(Debug)]
pub struct Pages<'t> {
    tail: &'t EventTail,
    ids: HashSet<String>,
    events: Vec<StackEvent>,
}

impl Pages<'_> {
    /// Takes the next page in, latest first; tells whether an earlier page may hold more that is new.
    pub fn take(&mut self, page: impl IntoIterator<Item = StackEvent>) -> bool {
        let (mut is_new, mut meets_seen) = (false, false);
        for event in page {
            if self.tail.start.as_ref() == Some(&event.id) {
                return false;
            }
            if self.tail.seen.contains(&event.id) {
                // Another one of the same moment may still stand behind it.
                meets_seen = true;
            } else if self.ids.insert(event.id.clone()) {
                is_new = true;
                self.events.push(event);
            }
        }
        // A page without anything new is one that was answered twice: asking on would go round in a circle.
        is_new && !meets_seen
    }

    /// Returns what is new, oldest first.
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
    fn pages_are_read_back_to_the_start_and_no_further() {
        let mut tail = EventTail::after(Some("2".to_owned()));
        let mut pages = tail.pages();
        assert!(pages.take(page(&["6", "5"])));
        assert!(!pages.take(page(&["4", "3", "2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.take(events)), ["3", "4", "5", "6"]);
        assert_eq!(tail.last(), Some("6"));
    }

    #[test]
    fn pages_that_shift_and_repeat_give_each_event_once() {
        let mut tail = EventTail::after(None);
        let mut pages = tail.pages();
        assert!(pages.take(page(&["6", "5", "4"])));
        assert!(pages.take(page(&["4", "3", "2"])), "the page shifted by one event that came meanwhile");
        assert!(!pages.take(page(&["4", "3", "2"])), "the same page again");
        let events = pages.finish();
        assert_eq!(ids(&tail.take(events)), ["2", "3", "4", "5", "6"]);
    }

    #[test]
    fn an_event_of_the_same_moment_is_found_behind_one_that_was_seen() {
        let mut tail = EventTail::after(Some("1".to_owned()));
        tail.take(page(&["2", "4"]));
        let mut pages = tail.pages();
        assert!(!pages.take(page(&["5", "4", "3", "2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.take(events)), ["3", "5"]);
    }

    #[test]
    fn a_look_that_breaks_off_is_repeated_whole() {
        let mut tail = EventTail::after(None);
        let mut pages = tail.pages();
        pages.take(page(&["4", "3"]));
        drop(pages);
        let mut pages = tail.pages();
        assert!(pages.take(page(&["4", "3"])));
        assert!(pages.take(page(&["2", "1"])));
        let events = pages.finish();
        assert_eq!(ids(&tail.take(events)), ["1", "2", "3", "4"]);
    }
}
