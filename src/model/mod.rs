//! Typed resources and the typed rack made of them; they serialise to exactly CloudFormation's spelling.
