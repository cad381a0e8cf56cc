
fpaths*5
/
files-path"nameexports"pathexports/*&
 	root-path"nameall"path