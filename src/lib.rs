//! rackform provisions AWS racks: a rack is a CloudFormation stack with a network, an ECS cluster, a build service and, if its operator
//! enables it, a persistent build cache.
//!
//! This page is a tour of the pipeline, one stage after the other. Every example runs as a test. Each module page starts with what the
//! module takes, what it returns and what it leaves to others; `docs/ARCHITECTURE.md` has the same as a table, and `docs/glossary.md`
//! explains the terms.
//!
//! ```text
//! parameters -> model -> render -> template -> evaluate -> plan -> apply (backend: local | aws) -> verify
//! ```
//!
//! Everything up to the plan is pure: no clock, no network, no files, no randomness. [`operation`] loads the deployed stack and prepares a
//! change, [`cli`] parses arguments and prints what [`ui`] returns. `build`
//! (cargo feature `build`, on by default) plans container builds that use the cache.
//!
//! # Use as a library
//!
//! `examples/` in the repository has complete programs: `render`, `evaluate` and `plan`, each below 40 lines. Without the features `aws`
//! and `build` there is no AWS SDK and no HTTP client:
//!
//! ```toml
//! [dependencies]
//! rackform = { path = "../rackform", default-features = false }
//! ```
//!
//! - A [`Source`](diagnostic::Source) is a text with a name. A tree that is read from it borrows from it and from an
//!   [`Arena`](template::Arena), which also holds evaluated values: keep both as long as a template or an evaluation is used. Both are
//!   cheap to create; a program that reads many templates creates one of each for every template.
//! - Functions up to the plan are pure and may run on several threads; an arena belongs to one thread.
//! - Expected problems are [`Diagnostics`](diagnostic::Diagnostics) with positions in the source. Their `Display` is one line for each;
//!   [`ui::diagnostics`] draws them with excerpts. Rule names, such as `missing-parameter`, are stable.
//! - Secrets (`NoEcho`) are in a [`ParameterSet`](parameters::ParameterSet) and in evaluated values. [`ui`] masks them; code that prints
//!   values itself must not print those of such parameters.
//! - Semantic versioning applies to public items. Modules depend on each other in one direction, so a program can use the lower ones alone.
//!
//! # 1. Parameters
//!
//! A template declares [`parameters`]. Values come from the deployed stack, files and options; a later source takes precedence. Resolving
//! checks every constraint and reports all problems at once.
//!
//! ```
//! use rackform::parameters::{ParameterOverrides, ParameterSet};
//! use rackform::diagnostic::Source;
//! use rackform::template::{Arena, Template};
//!
//! let source = Source::new("queue.json", r#"{
//!   "Parameters": { "Seconds": { "Type": "Number", "Default": 30, "MaxValue": 43200 } },
//!   "Resources": { "Jobs": { "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": { "Ref": "Seconds" } } } }
//! }"#);
//! let arena = Arena::new();
//! let template = Template::read(&source, &arena)?;
//!
//! let mut overrides = ParameterOverrides::new();
//! overrides.add_flags(&["Seconds=99999".to_owned()])?;
//! let problems = ParameterSet::resolve(&template, &overrides).unwrap_err();
//! assert!(problems.to_string().contains("Seconds"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # 2. Model and render
//!
//! [`model`] holds typed resources and the typed rack; [`render`](mod@render) turns them, with the text in `templates/`, into the bytes of
//! a template.
//!
//! ```
//! use rackform::render::{RenderOptions, render};
//!
//! let text = render(&RenderOptions::default())?;
//! assert!(text.contains(r#""BuildCacheFilesystem": {"#));
//! # Ok::<(), rackform::diagnostic::Diagnostics>(())
//! ```
//!
//! [`specialise`](mod@specialise) folds a template for given parameters into a smaller one; `operation::render_racks` does so for a list of
//! racks in parallel, with memory that does not grow.
//!
//! # 3. Template
//!
//! [`template`] reads JSON and YAML into a tree in which every node knows its position, so that a problem points into the source.
//!
//! ```
//! use rackform::diagnostic::Source;
//! use rackform::template::{Arena, Template};
//!
//! let source = Source::new("bucket.yaml", "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n");
//! let arena = Arena::new();
//! let template = Template::read(&source, &arena)?;
//! assert!(template.resources.contains("Files"));
//!
//! let broken = Source::new("broken.json", "{ \"Resources\": { }");
//! let problems = Template::read(&broken, &arena).unwrap_err();
//! assert!(problems.to_string().contains("broken.json:1"));
//! # Ok::<(), rackform::diagnostic::Diagnostics>(())
//! ```
//!
//! # 4. Evaluate
//!
//! [`evaluate`](mod@evaluate) resolves conditions and intrinsic functions. A value known only to AWS remains an expression.
//!
//! ```
//! use rackform::evaluate::{State, ValueKind, evaluate};
//! use rackform::parameters::{ParameterOverrides, ParameterSet};
//! use rackform::diagnostic::Source;
//! use rackform::template::{Arena, Template};
//!
//! let source = Source::new("queue.json", r#"{
//!   "Parameters": { "Seconds": { "Type": "Number", "Default": 30 } },
//!   "Resources": { "Jobs": { "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": { "Ref": "Seconds" } } } },
//!   "Outputs": { "Arn": { "Value": { "Fn::GetAtt": ["Jobs", "Arn"] } } }
//! }"#);
//! let arena = Arena::new();
//! let template = Template::read(&source, &arena)?;
//! let parameters = ParameterSet::resolve(&template, &ParameterOverrides::new())?;
//! let state = State::default();
//! let evaluation = evaluate(&template, &parameters, &state, &arena)?;
//!
//! let timeout = evaluation.resources["Jobs"].properties.get("VisibilityTimeout");
//! assert_eq!(timeout.and_then(|value| value.text()), Some("30"));
//! assert!(matches!(evaluation.outputs["Arn"].value.kind, ValueKind::Unknown(_)));
//! # Ok::<(), rackform::diagnostic::Diagnostics>(())
//! ```
//!
//! # 5. Plan
//!
//! [`plan`](mod@plan) compares two evaluations and returns the change set that AWS would list, what executing it really does, and its
//! risks.
//!
//! ```
//! use rackform::evaluate::{State, evaluate};
//! use rackform::parameters::{ParameterOverrides, ParameterSet};
//! use rackform::plan::{Effect, RiskKind, plan};
//! use rackform::diagnostic::Source;
//! use rackform::template::{Arena, Template};
//!
//! let source = Source::new("files.json", r#"{
//!   "Parameters": { "Encrypted": { "Type": "String", "Default": "false" } },
//!   "Resources": { "Files": { "Type": "AWS::EFS::FileSystem", "Properties": { "Encrypted": { "Ref": "Encrypted" } } } }
//! }"#);
//! let arena = Arena::new();
//! let template = Template::read(&source, &arena)?;
//! let state = State::default();
//! let mut overrides = ParameterOverrides::new();
//! let before = ParameterSet::resolve(&template, &overrides)?;
//! let before = evaluate(&template, &before, &state, &arena)?;
//! overrides.add_flags(&["Encrypted=true".to_owned()])?;
//! let after = ParameterSet::resolve(&template, &overrides)?;
//! let after = evaluate(&template, &after, &state, &arena)?;
//!
//! let plan = plan(&before, &after)?;
//! assert_eq!(plan.effects[0].effect, Effect::Replaced);
//! assert!(plan.risks.iter().any(|risk| risk.kind == RiskKind::DataLoss));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # 6. Backend and apply
//!
//! [`backend`] is the interface to stacks, implemented by the AWS SDK and by an embedded engine that needs no account. [`apply`](mod@apply)
//! executes a change and follows its events; all choices were made while planning.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//!
//! use rackform::apply::{Observer, Outcome, Target, apply};
//! use rackform::backend::Backend;
//! use rackform::backend::local::{LocalBackend, LocalOptions};
//! use rackform::cloudformation::StackEvent;
//!
//! struct Print;
//!
//! impl Observer for Print {
//!     fn event(&mut self, event: &StackEvent) {
//!         println!("{} {}", event.logical_id, event.status);
//!     }
//! }
//!
//! let backend = LocalBackend::in_memory(LocalOptions::new("us-east-1"))?;
//! let target = Target {
//!     stack: "jobs".to_owned(),
//!     template: r#"{ "Resources": { "Jobs": { "Type": "AWS::SQS::Queue" } } }"#.to_owned(),
//!     ..Target::default()
//! };
//! let outcome = apply(&backend, &target, &mut Print, &AtomicBool::new(false))?;
//! assert!(matches!(outcome, Outcome::Complete { .. }));
//! assert_eq!(backend.list_resources("jobs")?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # 7. Verify
//!
//! [`operation`] loads and evaluates the deployed stack; [`verify`](mod@verify) reads what its template expects, inspects the account, and
//! returns one verdict for each check.
//!
//! ```
//! # use std::sync::atomic::AtomicBool;
//! # use std::time::Duration;
//! # use rackform::apply::{Observer, Target, apply};
//! # use rackform::backend::local::{LocalBackend, LocalOptions};
//! # use rackform::cloudformation::StackEvent;
//! # struct Quiet;
//! # impl Observer for Quiet { fn event(&mut self, _: &StackEvent) {} }
//! use rackform::operation::{VerificationRequest, verify_stack};
//! use rackform::verify::local::LocalInspector;
//!
//! # let backend = LocalBackend::in_memory(LocalOptions::new("us-east-1"))?;
//! # let template = r#"{ "Resources": { "Jobs": { "Type": "AWS::SQS::Queue" } } }"#.to_owned();
//! # let target = Target { stack: "jobs".to_owned(), template, ..Target::default() };
//! # apply(&backend, &target, &mut Quiet, &AtomicBool::new(false))?;
//! // `backend` is the local backend of the previous example.
//! let inspector = LocalInspector::new(&backend, "us-east-1");
//! let request = VerificationRequest { stack: "jobs", parameters: None, patience: Duration::ZERO };
//! let report = verify_stack(request, &backend, &inspector)?;
//! assert!(report.is_passed(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod apply;
pub mod aws;
pub mod backend;
#[cfg(feature = "build")]
pub mod build;
pub mod cli;
pub mod cloudformation;
pub mod config;
pub mod diagnostic;
pub mod evaluate;
pub mod files;
pub mod graph;
pub mod model;
pub mod operation;
pub mod parameters;
pub mod patch;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod polling;
pub mod recover;
pub mod refactor;
pub mod render;
pub mod schema;
pub mod secret;
pub mod specialise;
pub mod template;
pub mod text;
pub mod ui;
mod unique;
pub mod validate;
pub mod verify;
