//! Each room's own time, and how it grows with the number of resources.
//!
//! `cargo bench --no-default-features --bench rooms`. The templates are made here, so that everybody measures the same ones.

#![expect(clippy::unwrap_used, reason = "a benchmark on its own input")]

use std::fmt::Write as _;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rackform::evaluate::{State, evaluate};
use rackform::parameters::{GivenParameters, ParameterSet};
use rackform::plan::plan;
use rackform::template::{Arena, Source, Template};

/// A template of `resources` resources, each with literals, a condition, and references to the one before.
fn template(resources: usize) -> Source {
    let mut text = String::from(
        r#"{ "Parameters": { "Stage": { "Type": "String", "Default": "test" } },
  "Conditions": { "Live": { "Fn::Equals": [ { "Ref": "Stage" }, "live" ] } },
  "Resources": {"#,
    );
    for index in 0..resources {
        let before = if index == 0 { r#""none""#.to_owned() } else { format!(r#"{{ "Ref": "Queue{}" }}"#, index - 1) };
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}
    "Queue{index}": {{ "Type": "AWS::SQS::Queue", "Properties": {{
      "QueueName": {{ "Fn::Sub": "${{AWS::StackName}}-${{Stage}}-{index}" }},
      "VisibilityTimeout": {{ "Fn::If": [ "Live", 300, 30 ] }},
      "Tags": [ {{ "Key": "Before", "Value": {before} }}, {{ "Key": "Stage", "Value": {{ "Ref": "Stage" }} }} ] }} }}"#
        );
    }
    text.push_str("\n  } }\n");
    Source::new("bench.json", text)
}

fn growth(criterion: &mut Criterion) {
    for size in [10, 50, 100, 250, 500] {
        let source = template(size);
        let state = State::default();
        let mut live = GivenParameters::new();
        live.add_flag("Stage=live").unwrap();
        let name = |room: &str| BenchmarkId::new(room, size);
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
        let defaults = ParameterSet::resolve(&template, &GivenParameters::new()).unwrap();
        let changed = ParameterSet::resolve(&template, &live).unwrap();
        group.bench_function(name("evaluate"), |bencher| {
            bencher.iter(|| {
                let arena = Arena::new();
                evaluate(&template, &defaults, &state, &arena).unwrap().resources.len()
            });
        });
        let before = evaluate(&template, &defaults, &state, &arena).unwrap();
        let after = evaluate(&template, &changed, &state, &arena).unwrap();
        group.bench_function(name("plan, nothing changes"), |bencher| bencher.iter(|| plan(&before, &before)));
        group.bench_function(name("plan, everything changes"), |bencher| bencher.iter(|| plan(&before, &after)));
        group.bench_function(name("validate"), |bencher| {
            bencher.iter(|| rackform::validate::validate(&template, rackform::validate::Options::default()));
        });
        group.finish();
    }
}

criterion_group!(benches, growth);
criterion_main!(benches);
