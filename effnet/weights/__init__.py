"""Which pretrained weights are known, where they lie, and what is known of other people's."""
