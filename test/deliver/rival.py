"""A reader and a rival deliverer of one mbox, by Python's mailbox module and by rewriting in place as mutt does.
Every turn takes both locks (lockf and dotlock), deletes some letters, perhaps appends one of its own, and reports each as
`deleted MARK SHA` or `appended MARK SHA`. Ends when its standard input does. With `dump` it reports what is there."""
import contextlib, hashlib, mailbox, random, select, sys, time

path = sys.argv[2]

def say(what, mark, octets):
    print(what, mark, hashlib.sha256(octets).hexdigest(), flush=True)

def mark_of(octets):
    head = octets.split(b'\n\n', 1)[0].split(b'\n')
    marks = [line.split(b': ', 1)[1] for line in head if line.startswith((b'X-Dialpost-Delivery: ', b'X-Rival: '))]
    return marks[0].decode() if len(marks) == 1 else 'torn'

@contextlib.contextmanager
def locked():
    while True:
        box = mailbox.mbox(path, create=False)
        try:
            box.lock()
            break
        except mailbox.ExternalClashError:
            box.close()
            time.sleep(random.random() / 50)
    try:
        yield box
    finally:
        box.unlock()
        box.close()

def own_letter(number):
    lines = '\n'.join('rival line %d' % n for n in range(random.randrange(200)))
    return ('X-Rival: rival.%d\nSubject: from the rival\n\n%s\n' % (number, lines)).encode()

def turn(number):
    with locked() as box:
        for key in list(box.keys()):
            if random.random() < 0.3:
                octets = box.get_bytes(key)
                say('deleted', mark_of(octets), octets)
                box.remove(key)
        if random.random() < 0.5:
            letter = own_letter(number)
            box.add(letter)
            say('appended', 'rival.%d' % number, letter)
        if number % 2:
            box.flush()
        else:
            in_place(box)

def in_place(box):
    kept = [box.get_bytes(key, from_=True) for key in box.keys()]
    with open(path, 'r+b') as file:
        file.truncate()
        for octets in kept:
            file.write(octets)
            file.write(b'\n')
            file.flush()
        file.truncate()
    box._pending = False

if sys.argv[1] == 'dump':
    box = mailbox.mbox(path, create=False)
    for key in box.keys():
        octets = box.get_bytes(key)
        say('there', mark_of(octets), octets)
else:
    number = 0
    while not select.select([sys.stdin], [], [], random.random() / 20)[0]:
        turn(number)
        number += 1
