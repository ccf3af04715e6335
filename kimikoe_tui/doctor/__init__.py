"""`kimikoe doctor`: whether this machine can be left alone with a studio, and what to do where it cannot."""
