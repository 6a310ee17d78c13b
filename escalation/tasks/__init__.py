"""Tasks: what a person must do because no letter and no clock can, such as telling somebody outside."""
