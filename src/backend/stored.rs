//! What Parameter Store holds now, which CloudFormation looks up anew at every update.

use indexmap::IndexMap;

/// What Parameter Store holds now under some names.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredParameters {
    /// Values by the name that was asked for; those of a `StringList` are one text with commas.
    pub values: IndexMap<String, String>,
    /// Names under which there is nothing.
    pub missing: Vec<String>,
    /// Names of a `SecureString`, which CloudFormation takes for no parameter; their value was not read.
    pub secure: Vec<String>,
}
