//! Where among its neighbours something new belongs.

/// Returns before which of `names` a new one belongs where names stand in order, or nearly so.
///
/// That is the first gap between a smaller and a greater name. Without one it is the front, or, past everything, the end: in
/// JSON only the end needs a comma on a line that is there already, so it is the last choice.
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

/// Returns before which of `names` the new piece number `piece` of `pieces` belongs: beside the pieces that are there already.
pub(super) fn beside(names: &[&str], pieces: &[&str], piece: usize) -> Option<usize> {
    let position = |name: &&str| names.iter().position(|known| known == name);
    let earlier = pieces[..piece].iter().rev().find_map(position).map(|index| index + 1);
    earlier.or_else(|| pieces[piece..].iter().find_map(position))
}

/// Returns before which of `names` a new resource belongs: in order where all are in order, else after the rack's shared
/// volumes, which are built the same way, else before the build tasks.
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

/// Returns before which of `names` a new member belongs: before `next` where that stands somewhere in the middle, else right behind the
/// first.
pub(super) fn before(names: &[&str], next: &str) -> usize {
    match names.iter().position(|name| *name == next) {
        Some(index) if index > 0 => index,
        _ => names.len().min(1),
    }
}
