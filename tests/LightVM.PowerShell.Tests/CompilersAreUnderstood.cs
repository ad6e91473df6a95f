namespace LightVM.PowerShell.Tests;

public sealed class CompilersAreUnderstood
{
    [Fact]
    public void Errors_and_warnings_have_a_place()
    {
        IReadOnlyList<CompilerMessage> messages = CompilerMessage.Parse(
            """
            In file included from /home/me/app.c:1:
            /home/me/app.c: In function 'main':
            /home/me/app.c:12:5: error: 'x' undeclared (first use in this function)
               12 |     x = 1;
                  |     ^
            /home/me/app.c:12:5: note: each undeclared identifier is reported only once for each function it appears in
            app.c:3:9: warning: unused variable 'y' [-Wunused-variable]
            app.c:1:10: fatal error: stdio.h: No such file or directory
            compilation terminated.
            """);
        Assert.Equal(
            ["/home/me/app.c:12 error 'x' undeclared (first use in this function)", "app.c:3 warning unused variable 'y' [-Wunused-variable]", "app.c:1 fatal error stdio.h: No such file or directory"],
            messages.Select(m => $"{m.Where} {m.Kind} {m.Text}"));
        Assert.Equal([true, false, true], messages.Select(m => m.IsError));
        Assert.True(messages[1].IsWarning);
    }

    [Fact]
    public void The_linker_names_the_file()
    {
        IReadOnlyList<CompilerMessage> messages = CompilerMessage.Parse(
            """
            /usr/bin/ld: /tmp/lightvm-build-1/0.o: in function `main':
            app.c:(.text.main+0xa): undefined reference to `fopen'
            /usr/bin/ld: app.c:(.text.main+0x1f): undefined reference to `fclose'
            collect2: error: ld returned 1 exit status
            """);
        Assert.Equal(["app.c undefined reference to `fopen'", "app.c undefined reference to `fclose'"], messages.Select(m => $"{m.Where} {m.Text}"));
        Assert.All(messages, m => Assert.True(m.IsError));
    }
}
