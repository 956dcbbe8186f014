//! The statuses of drift detection.

use super::api_values::api_values;

api_values! {
    /// Whether a stack drifted.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackDriftInformation.html>
    StackDriftStatus {
        Drifted = "DRIFTED",
        InSync = "IN_SYNC",
        NotChecked = "NOT_CHECKED",
        Unknown = "UNKNOWN",
    }
}

api_values! {
    /// Whether a resource drifted.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html>
    ResourceDriftStatus {
        InSync = "IN_SYNC",
        Modified = "MODIFIED",
        Deleted = "DELETED",
        NotChecked = "NOT_CHECKED",
        Unknown = "UNKNOWN",
        Unsupported = "UNSUPPORTED",
    }
}

impl ResourceDriftStatus {
    /// Returns whether the resource was checked.
    pub fn is_checked(self) -> bool {
        matches!(self, Self::InSync | Self::Modified | Self::Deleted)
    }

    /// Returns whether the resource was changed or deleted outside CloudFormation.
    pub fn is_drifted(self) -> bool {
        matches!(self, Self::Modified | Self::Deleted)
    }
}

api_values! {
    /// How a property drifted.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html>
    DifferenceType {
        Add = "ADD",
        Remove = "REMOVE",
        NotEqual = "NOT_EQUAL",
    }
}
