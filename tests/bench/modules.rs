//! The time of each module, and how it grows with the number of resources.
//!
//! `cargo bench --no-default-features --features build --bench modules`. The templates are those of `growing.rs`.

#![expect(clippy::unwrap_used, reason = "a benchmark on its own input")]

mod growing;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rackform::diagnostic::Source;
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{ParameterOverrides, ParameterSet};
use rackform::plan::plan;
use rackform::template::{Arena, Template};

fn growth(criterion: &mut Criterion) {
    for size in growing::SIZES {
        let source = Source::new("bench.json", growing::template(size));
        let state = State::default();
        let mut live = ParameterOverrides::new();
        live.add_flag("Stage=live").unwrap();
        let name = |module: &str| BenchmarkId::new(module, size);
        let mut group = criterion.benchmark_group("resources");
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(name("read"), |bencher| {
            bencher.iter(|| {
                let arena = Arena::new();
                Template::read(&source, &arena).unwrap().resources.len()
            });
        });
        let arena = Arena::new();
        let template = Template::read(&source, &arena).unwrap();
        let defaults = ParameterSet::resolve(&template, &ParameterOverrides::new()).unwrap();
        let changed = ParameterSet::resolve(&template, &live).unwrap();
        group.bench_function(name("evaluate"), |bencher| {
            bencher.iter(|| {
                let arena = Arena::new();
                evaluate(&template, &defaults, &state, &arena).unwrap().resources.len()
            });
        });
        let before = evaluate(&template, &defaults, &state, &arena).unwrap();
        let after = evaluate(&template, &changed, &state, &arena).unwrap();
        group.bench_function(name("plan, nothing changes"), |bencher| bencher.iter(|| plan(&before, &before).unwrap()));
        group.bench_function(name("plan, everything changes"), |bencher| bencher.iter(|| plan(&before, &after).unwrap()));
        group.bench_function(name("validate"), |bencher| {
            bencher.iter(|| rackform::validate::validate(&template, rackform::validate::Options::default()));
        });
        group.finish();
    }
}

criterion_group!(benches, growth);
criterion_main!(benches);
