//! The current values of SSM parameters, which CloudFormation resolves anew at every update.

use indexmap::IndexMap;

/// The current values of some SSM parameters.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SsmParameters {
    /// Values by the requested name; a `StringList` is one text with commas.
    pub values: IndexMap<String, String>,
    /// Names that do not exist.
    pub missing: Vec<String>,
    /// Names of `SecureString` parameters, which CloudFormation does not accept as parameters; their values were not read.
    pub secure: Vec<String>,
}
