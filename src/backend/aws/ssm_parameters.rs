//! Reads the current values of SSM parameters.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ParameterType;

use super::error::failed;
use crate::aws::Session;
use crate::backend::{BackendError, SsmParameters};

/// Maximum number of names in one call.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const NAMES_PER_CALL: usize = 10;

/// Returns the values of SSM parameters, including public ones (`/aws/service/...`); values of `SecureString` parameters are not returned.
pub(super) fn ssm_parameters(session: &Session, names: &[String]) -> Result<SsmParameters, BackendError> {
    let client = Client::new(session.config());
    let mut result = SsmParameters::default();
    for names in names.chunks(NAMES_PER_CALL) {
        let call = client.get_parameters().set_names(Some(names.to_vec())).with_decryption(false);
        let response = session.block_on(call.send()).map_err(|error| failed("GetParameters", error))?;
        result.missing.extend(response.invalid_parameters().iter().cloned());
        for found in response.parameters() {
            // A parameter is requested by its name or ARN, optionally followed by a colon and a version or label.
            let selector = found.selector().unwrap_or_default();
            let is_requested = |name: &&String| {
                [found.name(), found.arn()].into_iter().flatten().any(|known| {
                    name.strip_prefix(known).is_some_and(|rest| rest.trim_start_matches(':') == selector.trim_start_matches(':'))
                })
            };
            let Some(name) = names.iter().find(is_requested) else { continue };
            if found.r#type() == Some(&ParameterType::SecureString) {
                result.secure.push(name.clone());
            } else if let Some(value) = found.value() {
                result.values.insert(name.clone(), value.to_owned());
            }
        }
    }
    Ok(result)
}
