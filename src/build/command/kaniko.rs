//! `/kaniko/executor`.

use crate::template::Diagnostics;

use super::super::cache::ImageRef;
use super::super::engine::EngineFacts;
use super::super::request::{BuildRequest, Output};
use super::{Invocation, Step, cache_reference};

pub(super) fn plan(request: &BuildRequest, facts: &EngineFacts) -> Result<Invocation, Diagnostics> {
    let mut invocation = Invocation::new(facts.engine);
    let mut argv = vec![facts.program(), format!("--context=dir://{}", request.context)];
    if let Some(dockerfile) = &request.dockerfile {
        argv.push(format!("--dockerfile={dockerfile}"));
    }
    for tag in &request.tags {
        argv.push(format!("--destination={tag}"));
    }
    if request.output != Output::Push {
        argv.push("--no-push".to_owned());
    }
    if let Some(cache) = &request.cache {
        let repository = ImageRef { tag: None, ..cache_reference(request, cache)? }.to_string();
        argv.extend(["--cache=true".to_owned(), format!("--cache-repo={repository}")]);
        invocation.cache_to.push(repository.clone());
        invocation.cache_from.push(repository);
    }
    invocation.steps.push(Step::new("build", argv));
    Ok(invocation)
}
