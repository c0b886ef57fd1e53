# Keeps the Docker engine running as systemd does: holds its socket open, passes it on as file descriptor 3, and starts the
# engine again when it has ended. Connections made meanwhile wait, and the socket file stays the same for those who mounted it.
# Usage: perl socket-activation.pl SOCKET dockerd --host fd:// …
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();

$^F = 9;  # what is opened below survives exec
my ($path, @command) = @ARGV;
my $socket = IO::Socket::UNIX->new(Local => $path, Listen => 128) or die "$path: $!\n";
chmod 0660, $path;
chown 0, scalar(getgrnam('docker')) // 0, $path;

my $child;
my $stopping = 0;
$SIG{TERM} = sub { $stopping = 1; kill 'TERM', $child if $child };

until ($stopping) {
  $child = fork() // die "fork: $!\n";
  if ($child == 0) {
    POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
    $ENV{LISTEN_PID} = $$;
    $ENV{LISTEN_FDS} = 1;
    exec @command or POSIX::_exit(127);
  }
  1 until waitpid($child, 0) == $child;
  last if $? >> 8 == 127;
  sleep 1 unless $stopping;
}
