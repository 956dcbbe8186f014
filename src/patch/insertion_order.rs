//! Chooses the positions of insertions among the existing entries.

/// Returns the index in `names` at which to insert a new name, for names that are sorted or nearly sorted.
///
/// That is the first gap between a smaller and a greater name. Without a gap it is the start, or the end if the new name is greater than
/// all sorted names. The end is the last choice, since in JSON it also changes an existing line, which needs a comma.
pub(super) fn by_name(names: &[&str], new: &str) -> usize {
    if let Some(gap) = names.windows(2).position(|pair| matches!(pair, [a, b] if *a <= new && new < *b)) {
        return gap + 1;
    }
    match names {
        [first, ..] if new < *first => 0,
        [_] => 1,
        _ if names.is_sorted() => names.len(),
        _ => 0,
    }
}

/// Returns the index in `names` at which to insert `pieces[piece]`: next to a piece that already exists, if there is one.
pub(super) fn beside(names: &[&str], pieces: &[&str], piece: usize) -> Option<usize> {
    let position = |name: &&str| names.iter().position(|known| known == name);
    let earlier = pieces[..piece].iter().rev().find_map(position).map(|index| index + 1);
    earlier.or_else(|| pieces[piece..].iter().find_map(position))
}

/// Returns the index in `names` at which to insert a new resource: by name if all names are sorted, otherwise after the rack's shared
/// volumes, which are EFS resources too, otherwise before the build tasks.
pub(super) fn by_area(names: &[&str], new: &str) -> usize {
    if names.is_sorted() {
        return by_name(names, new);
    }
    let position = |name: &str| names.iter().position(|known| *known == name);
    let volumes = ["VolumeFilesystem", "VolumeSecurity", "VolumeTarget0", "VolumeTarget1", "VolumeTarget2"];
    if let Some(last) = volumes.into_iter().filter_map(position).max() {
        return last + 1;
    }
    ["ApiBuildTasks", "ApiBuildFargate"].into_iter().filter_map(position).min().unwrap_or(names.len())
}

/// Returns the index in `names` at which to insert a new member: before `next` unless that is missing or first, otherwise after the first
/// member.
pub(super) fn before(names: &[&str], next: &str) -> usize {
    match names.iter().position(|name| *name == next) {
        Some(index) if index > 0 => index,
        _ => names.len().min(1),
    }
}
