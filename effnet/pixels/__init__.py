"""From a file that somebody has to the array that the network wants."""
