//! Many files of one directory, replaced together.

use std::os::unix::fs::PermissionsExt as _;

use rackform::files::Batch;

fn names(directory: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_appear_together_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("b"), "old").unwrap();
    std::fs::set_permissions(directory.path().join("b"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let batch = Batch::new(directory.path()).unwrap();
    batch.add("a", b"new").unwrap();
    batch.add("b", b"new").unwrap();
    assert_eq!(std::fs::read(directory.path().join("b")).unwrap(), b"old");
    drop(batch);
    assert_eq!(names(directory.path()), ["b"], "a batch that is not committed leaves nothing behind");

    let batch = Batch::new(directory.path()).unwrap();
    batch.add("a", b"first").unwrap();
    batch.add("b", b"second").unwrap();
    batch.commit().unwrap();
    assert_eq!(names(directory.path()), ["a", "b"]);
    assert_eq!(std::fs::read(directory.path().join("b")).unwrap(), b"second");
    assert_eq!(super::mode(&directory.path().join("b")), 0o640, "a replaced file keeps its permissions");
}

#[test]
fn a_batch_writes_into_its_directory_only() {
    let directory = tempfile::tempdir().unwrap();
    let batch = Batch::new(&directory.path().join(".")).unwrap();
    for name in ["../up", "/tmp/rack", "a/b", "", ".", ".."] {
        assert!(batch.add(name, b"").is_err(), "{name}");
    }
    assert!(Batch::new(&directory.path().join("absent")).is_err());
}
