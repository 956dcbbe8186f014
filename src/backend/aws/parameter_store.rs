//! What Parameter Store holds now.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ParameterType;

use super::error::failed;
use crate::aws::Session;
use crate::backend::{BackendError, SsmParameters};

/// How many names one call takes.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const NAMES_A_CALL: usize = 10;

/// Returns what is stored under some names, public ones (`/aws/service/...`) among them; secrets stay encrypted, and out of the answer.
pub(super) fn stored(session: &Session, names: &[String]) -> Result<SsmParameters, BackendError> {
    let client = Client::new(session.config());
    let mut stored = SsmParameters::default();
    for names in names.chunks(NAMES_A_CALL) {
        let call = client.get_parameters().set_names(Some(names.to_vec())).with_decryption(false);
        let answer = session.block_on(call.send()).map_err(|error| failed("GetParameters", error))?;
        stored.missing.extend(answer.invalid_parameters().iter().cloned());
        for found in answer.parameters() {
            // One is asked for by its name or its ARN, either with a version or a label after a colon.
            let selector = found.selector().unwrap_or_default();
            let is_asked_for = |name: &&String| {
                [found.name(), found.arn()].into_iter().flatten().any(|known| {
                    name.strip_prefix(known).is_some_and(|rest| rest.trim_start_matches(':') == selector.trim_start_matches(':'))
                })
            };
            let Some(name) = names.iter().find(is_asked_for) else { continue };
            if found.r#type() == Some(&ParameterType::SecureString) {
                stored.secure.push(name.clone());
            } else if let Some(value) = found.value() {
                stored.values.insert(name.clone(), value.to_owned());
            }
        }
    }
    Ok(stored)
}
