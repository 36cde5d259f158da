"""Programs on this machine that make takes: MuseTalk, LatentSync, SadTalker or anything else, as a file names them."""
