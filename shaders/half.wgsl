// Stands before everything else in a kernel that knows f16.
enable f16;
