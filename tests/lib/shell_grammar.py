"""Shell scripts out of a grammar, the same for the same seed. Programs in them are the recording stubs of test_shell_differential."""
import random

PROGRAMS = ["terraform destroy", "rm -rf", "git push", "psql -c", "aws s3 rm", "kubectl delete", "rm", "mysql -e", "docker rm"]
WORDS = ["a", "b1", "x.y", "prod", "/data", "a=b", "-f", "--all", "'q r'", '"q  r"', "\\$x", "''", "$'t\\tu'", "a\\ b", '"$HOME"', "~", "*.nothing", "{p,q}"]
NAMES = ["x", "y", "z", "w"]
CONDITIONS = ["true", "false", "[ a = a ]", "[ a = b ]", "[[ $x == a* ]]", '[ -z "$y" ]', "(( 1 ))", "(( 0 ))", "! true", "test -n \"$x\"", "[[ -d . ]]"]


class Grammar:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.functions = 0

    def pick(self, *choices):
        return self.r.choice(choices)

    def name(self):
        return self.r.choice(NAMES)

    def expansion(self, depth):
        n = self.name()
        forms = ["$%s" % n, '"$%s"' % n, "${%s}" % n, '"${%s:-dflt}"' % n, "${%s:-d e}" % n, '"${%s:+alt}"' % n, "${%s#a}" % n, '"${%s%%b*}"' % n,
                 "${%s/a/b}" % n, '"${%s//o/0}"' % n, "${#%s}" % n, "${%s^^}" % n, "${%s:1:2}" % n, '"$@"', "$*", '"$1"', "$#", "$((1+2))", "$((${#%s}*2))" % n,
                 '"${arr[@]}"', "${arr[1]}", '"${arr[*]}"', "${%s=set}" % n, '"pre${%s}post"' % n, "${!ref}", "${%s,,}" % n, '"${arr[@]:1}"', "${#arr[@]}"]
        if depth > 0 and self.r.random() < 0.4:
            return self.pick("$(%s)", '"$(%s)"') % self.pick("echo %s" % self.word(depth - 1), "printf '%%s-%%s' %s b" % self.word(depth - 1), "printf %s", "echo -n a b") .replace("printf %s)", "printf a)")
        return self.r.choice(forms)

    def word(self, depth=1):
        return self.r.choice(WORDS) if self.r.random() < 0.5 else self.expansion(depth)

    def words(self, most=3):
        return " ".join(self.word() for _ in range(self.r.randint(0, most)))

    def literal(self, text):
        """The same word, written otherwise."""
        how = self.r.randrange(8)
        k = self.r.randint(1, max(1, len(text) - 1))
        if how == 0:
            return text[:k] + "''" + text[k:]
        if how == 1:
            return "'%s'%s" % (text[:k], text[k:])
        if how == 2:
            return text[:k] + "\\" + text[k:]
        if how == 3:
            return '"%s"' % text
        if how == 4:
            return "$(echo %s)%s" % (text[:k], text[k:])
        if how == 5:
            return "$'\\x%02x'%s" % (ord(text[0]), text[1:])
        return text

    def simple(self):
        p = self.r.choice(PROGRAMS).split()
        if self.r.random() < 0.3:
            p[0] = self.literal(p[0])
        line = " ".join(p) + " " + self.words()
        line = self.pick("%s", "%s", "%s", "%s", "x=1 %s", "sudo %s", "command %s", "nohup %s", "timeout 5 %s", "env A=1 %s", "sudo -u bob %s", "exec 3>&1; %s", "%s > out", "%s 2>/dev/null",
                         "eval '%s'" if "'" not in line else "%s", "bash -c '%s'" if "'" not in line else "%s", "builtin eval \"true\"; %s", "\\command %s", "time %s") % line.rstrip()
        return line

    def assignment(self):
        n = self.name()
        return self.pick("%s=%s" % (n, self.word()), "%s=%s" % (n, self.word()), "%s+=%s" % (n, self.pick("a", "$x", "'b c'")), "arr=(%s)" % self.words(), "arr+=(%s)" % self.word(), "arr[1]=%s" % self.word(0),
                         "export %s=%s" % (n, self.word()), "unset %s" % n, "declare -i %s=3+4" % n, "read -r %s <<< %s" % (n, self.word(0)), "local %s=%s 2>/dev/null" % (n, self.pick("a", "b")),
                         "ref=%s" % n, "set -- %s" % self.words(), "shift", "IFS=%s" % self.pick(":", ",", "$' \\t\\n'"), "printf -v %s '%%s%%s' a %s" % (n, self.word(0)), "%s=%s %s=$%s" % (n, self.pick("a", "b"), self.name(), n),
                         "let %s=2+3" % n, "(( %s = 5 ))" % n, "%s=$((%s + 1))" % (n, self.pick("1", "y", "z")), "declare %s=%s" % (n, self.word(0)), "readonly R%d=v" % self.r.randrange(99), "mapfile -t arr <<< $'l1\\nl2'")

    def block(self, depth, most=3):
        return "\n".join(self.statement(depth) for _ in range(self.r.randint(1, most)))

    def compound(self, depth):
        d = depth - 1
        c = self.r.choice(CONDITIONS)
        k = self.r.randrange(20)
        if k == 0:
            return "if %s; then\n%s\nelse\n%s\nfi" % (c, self.block(d), self.block(d))
        if k == 1:
            return "for %s in %s; do\n%s\ndone" % (self.name(), self.words(4), self.block(d))
        if k == 2:
            return "i=0; while [ $i -lt %d ]; do\n%s\ni=$((i+1))\ndone" % (self.r.randint(0, 3), self.block(d, 2))
        if k == 3:
            return "case %s in a*) %s;; %s) %s;& *) %s;; esac" % (self.word(), self.statement(d), self.pick("b", "prod|x", "''"), self.statement(d), self.statement(d))
        if k == 4:
            self.functions += 1
            f = "f%d" % self.functions
            return "%s() {\n%s\n}\n%s %s" % (f, self.block(d), f, self.words())
        if k == 5:
            return "(\n%s\n)" % self.block(d)
        if k == 6:
            return "{\n%s\n}" % self.block(d)
        if k == 7:
            return "%s | while read -r %s; do %s; done" % (self.pick("printf 'l1\\nl2\\n'", "echo a b", "echo \"$x\"", "seq 3"), self.name(), self.statement(d).replace("\n", "; ") if False else self.simple())
        if k == 8:
            return "echo %s | xargs %s" % (self.pick("a b", "$x", "'c d'", "1 2 3"), self.pick("rm", "rm -f", "-n 1 rm", "-I{} git push {}", "sudo rm"))
        if k == 9:
            return "cat > s.sh <<'EOT'\n%s\nEOT\n%s" % (self.statement(0), self.pick("bash s.sh %s", "source s.sh", ". ./s.sh", "sh ./s.sh a", "chmod +x s.sh; ./s.sh %s").replace("%s", self.words(2)))
        if k == 10:
            return "echo %s | %s" % (self.pick("'rm -rf piped'", "\"git push $x\"", "rm $x"), self.pick("bash", "sh", "bash -s a b", "cat | bash", "sudo bash", "tee copy | sh"))
        if k == 11:
            return "bash %s<<EOT\n%s\nEOT" % (self.pick("", "-s "), self.simple())
        if k == 12:
            return "trap %s %s" % (self.pick("'rm trapped $x'", "\"rm $x\""), self.pick("EXIT", "EXIT", "0", "INT"))
        if k == 13:
            return "for ((i=0; i<%d; i++)); do %s; done" % (self.r.randint(0, 3), self.pick("rm f$i", "%s=$i; git push $%s" % (NAMES[0], NAMES[0]), "x=$x$i; rm $x"))
        if k == 14:
            return "%s && %s || %s" % (c, self.statement(d), self.statement(d))
        if k == 15:
            return "for %s in a b c; do %s && %s; %s; done" % (self.name(), c, self.pick("break", "continue"), self.simple())
        if k == 16:
            return "%s=$(%s; %s)" % (self.name(), self.pick("echo a", "echo rm", "printf 'a b'", "if %s; then echo c; else echo d; fi" % c), self.pick("echo b", "true", "rm sub"))
        if k == 17:
            n = self.name()
            return "%s='%s'; %s" % (n, self.pick("rm -rf viavar", "git push", "terraform destroy"), self.pick("$%s", "$%s more", "eval \"$%s\"", "bash -c \"$%s\"", "sudo $%s", "sh <<< \"$%s\"") % n)
        if k == 18:
            return "until %s; do %s; break; done" % (c, self.statement(d))
        return "%s &\nwait" % self.simple()

    def statement(self, depth):
        roll = self.r.random()
        if depth > 0 and roll < 0.4:
            return self.compound(depth)
        if roll < 0.62:
            return self.assignment()
        if roll < 0.68:
            return self.pick("cd sub 2>/dev/null", "mkdir -p sub", "true", "false", "return 2>/dev/null", "exit", "set -e", "set -u", "set +e", "set -f", "shopt -s nullglob", "cd ..", "hash -r", "echo $x", "wait", "umask 022",
                             "[ -n \"$x\" ] && exit 3", "unset -f f1", "alias rm='rm -i'", "pushd . >/dev/null", "popd >/dev/null 2>&1", "exec 2>/dev/null", "f1 again 2>/dev/null", "f2 2>/dev/null")
        return self.simple()

    def script(self):
        return self.block(self.r.randint(1, 3), 5) + "\n"


def wrapped(r, text):
    """A text inside something that must not change what it runs."""
    quoted = "'" + text.replace("'", "'\\''") + "'"
    return r.choice(["(\n%s\n)" % text, "{\n%s\n}" % text, "true && {\n%s\n}" % text, "bash -c " + quoted, "eval " + quoted, "sudo bash -c " + quoted,
                     "cat <<'EOW' | bash\n%s\nEOW\n" % text, "x=%s; eval \"$x\"" % quoted, "f() {\n%s\n}\nf" % text])
