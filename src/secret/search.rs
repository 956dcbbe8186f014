//! Finds very many secrets in a text, in time proportional to the text.

use std::ops::Range;

use memchr::memmem::Finder;
use rustc_hash::FxHashSet;

use super::is_word;

/// The bytes from which a secret begins to be looked for. A shorter one is found only as a word of its own.
pub(super) const WINDOW: usize = 8;

/// The most bytes that are compared for each byte of a text, beyond which the text counts as secret as a whole: only secrets made for this
/// purpose have so much in common with each other and with a text.
const MOST_COMPARED: usize = 1_000;

/// Secrets, prepared for searching.
#[derive(Clone)]
pub(super) struct Search {
    /// The first bytes of each of the sorted secrets.
    starts: FxHashSet<[u8; WINDOW]>,
    sorted: Vec<Sorted>,
    short: Vec<(usize, Finder<'static>)>,
    /// The number of secrets that one search looks at, at most.
    steps: usize,
}

#[derive(Clone)]
struct Sorted {
    text: Box<str>,
    /// The index of the longest other secret that this one begins with.
    begins_with: Option<usize>,
}

impl Search {
    pub(super) fn new(secrets: &FxHashSet<String>) -> Self {
        let (mut long, mut short): (Vec<&str>, Vec<&str>) = secrets.iter().map(String::as_str).partition(|secret| secret.len() >= WINDOW);
        long.sort_unstable();
        short.sort_unstable();
        let mut sorted: Vec<Sorted> = Vec::with_capacity(long.len());
        for text in &long {
            let mut shorter = sorted.len().checked_sub(1);
            while let Some(secret) = shorter.and_then(|index| sorted.get(index)).filter(|secret| !text.starts_with(&*secret.text)) {
                shorter = secret.begins_with;
            }
            sorted.push(Sorted { text: (*text).into(), begins_with: shorter });
        }
        Self {
            starts: long.iter().filter_map(|text| text.as_bytes().first_chunk().copied()).collect(),
            steps: long.len().checked_ilog2().map_or(0, |steps| steps as usize + 2),
            short: short.iter().map(|text| (text.len(), Finder::new(*text).into_owned())).collect(),
            sorted,
        }
    }

    /// Returns the parts of a text that are secret, in order and apart from each other. Secrets that overlap are one part.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = self.long_places(text);
        for (length, finder) in &self.short {
            let ranges = finder.find_iter(text.as_bytes()).map(|start| start..start + length);
            places.extend(ranges.filter(|range| is_word(text, range)));
        }
        if !self.short.is_empty() {
            places.sort_unstable_by_key(|place| place.start);
            places.dedup_by(|next, place| {
                let overlaps = next.start < place.end;
                if overlaps {
                    place.end = place.end.max(next.end);
                }
                overlaps
            });
        }
        places
    }

    fn long_places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        let mut left = text.len().saturating_mul(MOST_COMPARED);
        for (start, window) in text.as_bytes().windows(WINDOW).enumerate() {
            let is_start = window.first_chunk().is_some_and(|window| self.starts.contains(window));
            let Some(rest) = text.get(start..).filter(|_| is_start) else { continue };
            let Some((length, compared)) = self.longest_at(rest) else { continue };
            match left.checked_sub(compared) {
                Some(rest) => left = rest,
                None => return std::iter::once(0..text.len()).collect(),
            }
            let end = start + length;
            match places.last_mut() {
                _ if length == 0 => {}
                Some(place) if start < place.end => place.end = place.end.max(end),
                _ => places.push(start..end),
            }
        }
        places
    }

    /// Returns the length of the longest secret that a text begins with, or 0, and the bytes that were compared for it, roughly.
    fn longest_at(&self, text: &str) -> Option<(usize, usize)> {
        // Everything between the longest such secret and the text, in alphabetical order, begins with that secret.
        let before = self.sorted.partition_point(|secret| *secret.text <= *text);
        let mut secret = self.sorted.get(before.checked_sub(1)?)?;
        let common = secret.text.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let mut compared = common * self.steps;
        while secret.text.len() > common {
            compared += 1;
            match secret.begins_with.and_then(|index| self.sorted.get(index)) {
                Some(shorter) => secret = shorter,
                None => return Some((0, compared)),
            }
        }
        Some((secret.text.len(), compared))
    }
}
