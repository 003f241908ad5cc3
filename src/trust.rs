//! Who signed what, and whether that is who must have.
