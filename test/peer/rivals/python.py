# Appends to an mbox and deletes its own letters from it, as Python's mailbox module does it: fcntl and a dotlock, and a new file by rename.
# Arguments: the mbox, and the file whose appearance ends the work. Prints the names of its letters that must still be there.
import mailbox
import os
import sys
import time

path, stop = sys.argv[1:]
number = 0
kept = []


def same_file(box):
    try:
        return os.path.samestat(os.fstat(box._file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


while not os.path.exists(stop):
    box = mailbox.mbox(path)
    try:
        box.lock()
    except mailbox.ExternalClashError:
        box.close()
        time.sleep(0.02)
        continue
    if same_file(box):
        # Through the mailbox's own descriptor: closing another would let go of the fcntl lock.
        box._file.seek(0)
        content = box._file.read()
        if content and not (content.startswith(b"From ") and content.endswith(b"\n\n")):
            sys.exit("torn: ends with %r" % content[-40:])
        number += 1
        box.add(b"X-Rival: python-%d\n\nNumber %d\n" % (number, number))
        kept.append("python-%d" % number)
        if number % 3 == 0:
            victim = kept.pop(-2)
            keys = [key for key, letter in box.iteritems() if letter["X-Rival"] == victim]
            if len(keys) != 1:
                sys.exit("%s is there %d times" % (victim, len(keys)))
            box.remove(keys[0])
        box.flush()
    box.unlock()
    box.close()
    time.sleep(0.03)
print("\n".join(kept))
