# Appends to an mbox and deletes its own letters from it, as shell scripts do it with procmail's lockfile: a dotlock and nothing else.
# Arguments: the mbox, and the file whose appearance ends the work. Prints the numbers of its letters that must still be there.
use strict;
use warnings;
my ($mbox, $stop) = @ARGV;
my ($number, %kept) = (0);
until (-e $stop) {
  system('lockfile', '-1', '-r', '60', "$mbox.lock") == 0 or die "no lock in a minute\n";
  open(my $file, '+>>:raw', $mbox) or die "$mbox: $!\n";
  seek($file, 0, 0);
  my $content = do { local $/; <$file> } // '';
  die "torn: ends with " . substr($content, -40) . "\n" if length $content && $content !~ /\AFrom .*\n\n\z/s;
  $number++;
  print $file "From rival\@herring Sat Jun  3 20:58:33 2000\nX-Rival: procmail-$number\n\nNumber $number\n\n";
  close($file) or die "$mbox: $!\n";
  $kept{$number} = 1;
  if ($number % 3 == 0) {
    my $victim = $number - 1;
    open($file, '+<:raw', $mbox) or die "$mbox: $!\n";
    $content = do { local $/; <$file> };
    # mutt may have added fields to it.
    $content =~ s/From rival\@herring [^\n]*\nX-Rival: procmail-$victim\n(?:[^\n]+\n)*\nNumber $victim\n\n// or die "letter $victim is lost\n";
    seek($file, 0, 0);
    print $file $content;
    truncate($file, length $content) or die "$mbox: $!\n";
    close($file) or die "$mbox: $!\n";
    delete $kept{$victim};
  }
  unlink("$mbox.lock") or die "the lock was taken away: $!\n";
  select(undef, undef, undef, 0.03);
}
print join("\n", map { "procmail-$_" } sort { $a <=> $b } keys %kept), "\n";
